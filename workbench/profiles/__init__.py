"""AWS profiles: reading and explaining the configuration files. Secrets never appear in a log or a repr."""
