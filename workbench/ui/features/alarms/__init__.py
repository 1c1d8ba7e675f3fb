"""Alarms of a function: on its charts, as a list, made and deleted."""
