"""Rolls back, and compares with what was deployed before."""
