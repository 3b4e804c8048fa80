"""Attempts at hosted courses: begun, gone on with, what they came to, and what support can see of them."""
