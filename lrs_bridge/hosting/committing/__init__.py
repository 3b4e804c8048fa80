"""Commits that only have to be kept, on their shortest way."""
