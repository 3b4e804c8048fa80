"""cmi5 and Tin Can courses: what is launched, and what is given along."""
