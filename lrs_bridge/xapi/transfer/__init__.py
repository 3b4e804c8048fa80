"""Statements to files and from files."""
