"""Hosted courses in learning systems without LTI: thin packages that are imported there and play here."""
