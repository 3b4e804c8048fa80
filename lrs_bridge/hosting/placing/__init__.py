"""Hosted courses as things that learning platforms place, and the news of attempts that platforms wait for."""
