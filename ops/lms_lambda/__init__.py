"""The `lms-lambda` command: serve, load, token, table."""
