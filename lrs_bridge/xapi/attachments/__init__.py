"""Attachments: what comes along with statements, kept once by its content, and the signatures among it."""
