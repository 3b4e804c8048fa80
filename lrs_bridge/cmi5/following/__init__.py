"""What follows from progress in a registration: the LMS's statements, completions and news."""
