"""Doors for programs that were written for other services. Closed unless they are asked for."""
