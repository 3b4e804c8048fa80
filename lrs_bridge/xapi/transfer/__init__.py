"""Statements out to a file, and in from one."""
