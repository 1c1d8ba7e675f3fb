"""What the window gives to its features."""
