"""AWS profiles: what the configuration files hold, explained. Never a secret in a log or a repr."""
