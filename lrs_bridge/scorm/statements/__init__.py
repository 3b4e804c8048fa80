"""Statements of what happens in an attempt, by ADL's SCORM profile of xAPI."""
