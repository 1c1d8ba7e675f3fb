"""The Logs tab among the other tabs."""
