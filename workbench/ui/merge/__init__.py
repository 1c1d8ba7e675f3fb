"""Merging the open code with what somebody else deployed: the flow, its dialog, and what the dialog shows."""
