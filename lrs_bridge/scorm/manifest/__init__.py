"""SCORM's manifest: what a package says of itself, read into frozen types with notices for the course's owner."""
