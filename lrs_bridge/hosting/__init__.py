"""Hosted courses: packages that are uploaded here, played here, placed elsewhere, and count."""
