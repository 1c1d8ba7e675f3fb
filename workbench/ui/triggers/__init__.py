"""The screens of triggers: what runs a function, and wiring, changing and mending it."""
