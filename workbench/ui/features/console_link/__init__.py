"""Opens the AWS console at what the window shows."""
