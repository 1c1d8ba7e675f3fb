"""Fixtures of this part of the window."""

from tests.ui.test_routes import desk, opener

__all__ = ["desk", "opener"]
