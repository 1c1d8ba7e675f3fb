"""The steps of a deploy: how each is made, and how it is undone."""
