"""Statements as pages for administrators."""
