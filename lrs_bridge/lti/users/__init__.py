"""Users of learning platforms whom nobody knows here yet."""
