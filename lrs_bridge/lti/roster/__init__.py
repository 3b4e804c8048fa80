"""Who is in a course, and how far each has come with what is placed there."""
