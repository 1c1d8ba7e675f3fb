"""The kinds of event source, one file each, behind one interface (source.py)."""
