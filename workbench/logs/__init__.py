"""Log lines of functions: read, followed, parsed, and grouped by invocation."""
