"""Kinds: one report a file. Each has SENTENCE, what it is for, and `page`, which makes it."""
