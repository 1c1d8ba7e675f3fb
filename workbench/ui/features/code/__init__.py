"""What hangs on the Code tab: the outline, local folders, reverting, other programs."""
