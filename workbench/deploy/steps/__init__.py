"""One file for each kind of step: how it is done, and how it is taken back."""
