"""Goes on where the user left off."""
