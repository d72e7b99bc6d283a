"""Routes: one file a resource; each names its endpoints. None is listed anywhere else."""
