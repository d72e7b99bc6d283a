"""Remanence: what a job leaves behind, looked for where anything could stay."""
