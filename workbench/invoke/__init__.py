"""Invoking functions: in AWS and on this computer, test events, the invocation history, debugging."""
