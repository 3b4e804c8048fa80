"""cmi5 courses and learners that programs bring."""
