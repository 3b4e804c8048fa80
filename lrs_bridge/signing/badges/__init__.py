"""Signed activities as Open Badges 3.0, which are W3C Verifiable Credentials, with their status lists and issuers."""
