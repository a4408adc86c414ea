"""DynamoDB on this machine, and the table as template.yaml declares it."""
