"""Statements a page at a time: the queries of the statements resource, and of all who read many."""
