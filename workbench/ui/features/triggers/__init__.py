"""The screens of triggers: what invokes a function, and adding, changing and repairing triggers."""
