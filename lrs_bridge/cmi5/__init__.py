"""cmi5: course structures, launches, the rules of its sessions, and what satisfies them."""
