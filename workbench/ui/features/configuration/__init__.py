"""The form of a function's settings: fields, what is wrong with them, what changes, and whose stays."""
