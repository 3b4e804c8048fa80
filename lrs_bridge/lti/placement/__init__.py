"""What is placed in a course of a learning platform, and for whom."""
