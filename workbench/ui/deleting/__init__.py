"""Deleting a function with what hangs on it, and making it again."""
