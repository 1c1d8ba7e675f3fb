"""Deleting a function with its dependent resources, and restoring it."""
