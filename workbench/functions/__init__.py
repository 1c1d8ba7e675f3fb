"""Functions: list and index them, read one, its versions and aliases, create, configure; roles, templates."""
