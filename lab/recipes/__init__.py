"""One file a model: what it is drawn from, what it is, how it learns."""
