"""The catalogue, the store that verifies, and the runtimes that open models."""
