"""What the plan side lets learning platforms place in their courses."""
