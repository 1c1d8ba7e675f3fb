"""Dependencies and the X-ray of a package, as people see them."""
