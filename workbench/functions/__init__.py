"""Functions: listing and indexing, reading, versions and aliases, creating, configuring; roles, templates."""
