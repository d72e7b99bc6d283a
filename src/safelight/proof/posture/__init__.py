"""Posture: how this installation stands, what weakens it, and the command that mends it."""
