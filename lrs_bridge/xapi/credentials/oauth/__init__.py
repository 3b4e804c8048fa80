"""OAuth 2.0: a key and its secret exchanged for bearer tokens that end by themselves."""
