"""Where things lie and what lies under them: gravity, colours in a picture's own space, edges."""
