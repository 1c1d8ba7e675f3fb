"""What the Metrics tab is made of: which charts there are, how they are read, its controls."""
