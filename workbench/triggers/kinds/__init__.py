"""The event sources, one file each, behind one interface."""
