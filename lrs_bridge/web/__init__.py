"""The web kit: what all doors and pages share. Rooms above import from its modules."""
