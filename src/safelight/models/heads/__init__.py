"""Heads: small models over the vector of another one, fitted here to tags of one's own."""
