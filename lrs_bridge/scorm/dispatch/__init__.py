"""Thin packages for learning systems without LTI: they play a course that is hosted here, and report to both sides."""
