"""The back end: keys, journal and workers. It takes records of a fixed shape and descriptors."""
