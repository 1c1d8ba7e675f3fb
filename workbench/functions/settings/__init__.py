"""Everything that can be set of a function: read, checked, compared, changed by the fewest calls."""
