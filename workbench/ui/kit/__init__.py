"""Widgets and texts that know nothing of AWS."""
