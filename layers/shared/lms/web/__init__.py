"""HTTP: what API Gateway's event says, what a handler answers, and the shapes that the clients read."""
