"""Hides what the windows show while nobody is at the keyboard."""
