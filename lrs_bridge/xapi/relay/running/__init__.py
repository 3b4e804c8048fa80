"""Forwardings and pulls under way."""
