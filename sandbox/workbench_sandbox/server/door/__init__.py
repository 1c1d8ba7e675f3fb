"""The strict door: refuses what AWS refuses, before MiniStack sees the request."""
