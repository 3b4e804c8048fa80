"""What became of completions, for those who ask by the source's id."""
