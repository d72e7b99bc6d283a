"""The front end: parses HTTP, and holds pictures only as memory that is overwritten."""
