"""The dependencies of a function: declarations, installation for Lambda, and the inventory of a package."""
