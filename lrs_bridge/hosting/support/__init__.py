"""What support sees of an attempt: every call that the course made, and what followed from it."""
