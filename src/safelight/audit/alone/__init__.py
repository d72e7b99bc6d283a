"""Verifiers that stand alone: to be read, and run, by who has no Safelight and trusts none."""
