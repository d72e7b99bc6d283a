"""The laboratory: draws pictures, trains the built-in models on them, writes them out."""
