"""Packages of course content: opened safely, recognised, kept by their digests, served from an origin of their own."""
