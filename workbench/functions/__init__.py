"""Functions: list and index them, read one, its versions and aliases. Reads only, so far."""
