"""Attachments: multipart bodies, content that is kept once, signed statements."""
