"""The Result panel: the response of an invocation, and what it logged."""
