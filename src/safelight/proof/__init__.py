"""Evidence: what holds a worker, measured now and shown beside what happens without it."""
