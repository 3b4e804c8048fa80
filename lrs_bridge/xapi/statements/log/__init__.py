"""Statements in the order in which they were stored."""
