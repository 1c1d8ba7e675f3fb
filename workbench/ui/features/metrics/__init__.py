"""The charts of a function: their menu, and from a spike to its logs."""
