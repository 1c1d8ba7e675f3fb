"""What goes into the package of the open code: patterns, and what comes of them."""
