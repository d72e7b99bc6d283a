"""Data flow: who and what touched a folder of pictures, and where they could still go."""
