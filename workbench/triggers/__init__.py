"""The triggers of a function: discovered, explained, planned, created, repaired and removed."""
