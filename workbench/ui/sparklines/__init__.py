"""Sparklines: what functions did in the last three hours, in the rows that somebody looks at."""
