"""LTI 1.1, for platforms that have nothing newer."""
