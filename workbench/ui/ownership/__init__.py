"""Who else manages a function, shown to the user."""
