"""The Sandbox: its menu, its state, and its samples."""
