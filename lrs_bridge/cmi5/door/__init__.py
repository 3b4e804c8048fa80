"""Sessions of AUs at the door of the LRS."""
