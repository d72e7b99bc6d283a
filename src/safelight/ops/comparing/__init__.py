"""Two pictures side by side: how much they differ, and where."""
