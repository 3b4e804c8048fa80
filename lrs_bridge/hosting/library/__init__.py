"""Hosted courses and their versions: packages uploaded, read, kept and shown to their owners."""
