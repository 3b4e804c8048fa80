"""The services of a learning platform: grades, members, groups."""
