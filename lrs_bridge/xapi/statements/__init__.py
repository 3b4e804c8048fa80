"""Statements: stored, found again, and what follows from them."""
