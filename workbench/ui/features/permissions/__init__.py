"""Permissions of the execution role: shown whole, and one policy edited by statements."""
