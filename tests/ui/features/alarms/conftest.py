"""Fixtures of this part of the window."""
