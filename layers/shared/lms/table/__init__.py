"""The DynamoDB table: `keys`, `codecs` and `items` know its names; one file of access patterns per owner of items.

docs/data-model.md lists the patterns with their requests and units; tests/contract/test_round_trips.py counts them.
"""
