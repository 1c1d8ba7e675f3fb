"""The steps of a deploy: how each is done, and how it is undone."""
