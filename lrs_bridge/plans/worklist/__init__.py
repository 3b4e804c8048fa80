"""The work list: completions of unknown persons and unknown courses, and what to do about them."""
