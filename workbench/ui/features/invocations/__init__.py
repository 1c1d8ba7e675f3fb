"""The invocation history in the window: searched, shown again, replayed, compared."""
