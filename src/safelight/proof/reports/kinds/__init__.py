"""Kinds: one report a file. Each has ONLY_NAMED, whether places that are named bound it, and
`page`, which makes it.
"""
