"""Writing code: everything at the Code tab but its widgets, which are in ui/files and ui/editor."""
