"""The DynamoDB table: `items` knows keys and attributes, `access` has one function per access pattern."""
