"""The charts of a function and its alarms: read, drawn, compared, saved; from a spike to its logs."""
