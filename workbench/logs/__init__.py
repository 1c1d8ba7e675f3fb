"""Log lines of a function: read, follow, parse, group by invocation. Must not know: invoke, metrics, Qt."""
