"""A stand-in for API Gateway and Lambda on this machine: `lms-lambda serve`."""
