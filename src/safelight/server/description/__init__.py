"""The server described: OpenAPI from the endpoints, and a page to read it."""
