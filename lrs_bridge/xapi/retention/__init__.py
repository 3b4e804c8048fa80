"""Statements that are kept long enough, or whose person asked to be forgotten: what goes, what stays, what is left."""
