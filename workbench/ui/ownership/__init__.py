"""Who else manages a function, shown to a person."""
