"""The Logs tab: lines as they come, invocations, Insights."""
