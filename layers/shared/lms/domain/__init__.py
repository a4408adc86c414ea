"""The rules, over plain values. Nothing here knows HTTP, DynamoDB, the environment or the clock."""
