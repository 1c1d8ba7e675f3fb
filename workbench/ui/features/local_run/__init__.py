"""Running and debugging a function's draft on this computer."""
