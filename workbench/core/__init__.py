"""Ground floor: errors, jobs, settings, paths, clock. Knows the standard library only."""
