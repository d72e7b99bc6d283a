"""Many pictures: plan and run."""
