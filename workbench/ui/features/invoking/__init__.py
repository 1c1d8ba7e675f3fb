"""Invoking in the window: what is sent, the response, and its log."""
