"""One file per operation; each imports level 0 alone."""
