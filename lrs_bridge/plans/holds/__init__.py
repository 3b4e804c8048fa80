"""What must not be erased because a record rests on it, and what is forgotten with what is erased."""
