"""Invented people, plans and courses to try the service with, and how they come into the database."""
