"""Attachments on their way in."""
