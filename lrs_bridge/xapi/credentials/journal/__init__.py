"""What each key asked lately, why it was refused, and which versions and clients it speaks by."""
