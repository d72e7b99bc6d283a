"""The built Studio: what its files are, and whether they are what was built."""
