"""What the endpoints answer: for each a file with the shape of its JSON, and the functions that make it."""
