"""The list of functions, and what can be done with the one that is open."""
