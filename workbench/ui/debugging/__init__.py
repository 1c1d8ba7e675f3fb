"""Debugging a local run: breakpoints, and the panel with stack, variables and watch."""
