"""Scores on their way to learning platforms."""
