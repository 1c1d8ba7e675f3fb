"""The base of all rooms: errors, jobs, settings, paths, clock."""
