"""Certificates of courses: what kind of file one is, the text in it, and what that says."""
