"""Containers and pixels: each format walked, decoded, encoded."""
