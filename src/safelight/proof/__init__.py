"""Evidence: what the cage contains, shown side by side with what happens without it."""
