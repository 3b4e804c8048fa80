"""The register of courses: their addresses, and what completing them does for a learning activity."""
