"""What learning platforms graded, on its way into plans."""
