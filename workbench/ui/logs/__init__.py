"""The Logs tab's own widgets: lines, what is found in them, tables, Insights."""
