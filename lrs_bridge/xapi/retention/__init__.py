"""How long statements are kept, and how they are erased."""
