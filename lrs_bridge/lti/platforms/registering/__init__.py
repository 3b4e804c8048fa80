"""What learning platforms themselves ask for: our keys, our settings, and to be registered."""
