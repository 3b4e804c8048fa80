"""SCORM 1.2 and 2004: manifests, attempts and what they come to."""
