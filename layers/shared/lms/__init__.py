"""What the functions share: pure rules (`domain`), the DynamoDB table (`table`) and HTTP (`web`)."""
