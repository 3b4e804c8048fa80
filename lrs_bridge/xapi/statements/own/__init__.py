"""Statements that this service makes itself."""
