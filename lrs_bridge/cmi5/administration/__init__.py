"""The administration API of cmi5 courses, for programs."""
