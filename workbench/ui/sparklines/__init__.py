"""Sparklines: what functions did in the last three hours, in the visible rows."""
