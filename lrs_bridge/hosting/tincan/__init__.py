"""Tin Can courses: keys for their sessions, and what is asked of their statements."""
