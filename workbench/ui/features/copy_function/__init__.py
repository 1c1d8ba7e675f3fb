"""A copy of the open function: where to, what goes with it, what cannot."""
