"""Running a function: test events, invoking, what came back. Must not know: logs, metrics, Qt."""
