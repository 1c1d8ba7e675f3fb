"""The settings of a function: read, checked, compared, changed with the fewest calls."""
