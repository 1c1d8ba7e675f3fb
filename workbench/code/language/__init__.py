"""What completes, checks, renames and formats Python: ty and ruff, as language servers."""
