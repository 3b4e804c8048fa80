"""The origin where courses run: the player's frame, its state, its commits, and the files of packages."""
