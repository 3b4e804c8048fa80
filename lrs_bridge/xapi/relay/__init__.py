"""Statements on their way to other LRSs, and from them."""
