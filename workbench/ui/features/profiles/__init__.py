"""The window that shows and changes the profiles of the AWS configuration files."""
