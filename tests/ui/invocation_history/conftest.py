"""The whole window; see test_routes.py."""

from tests.ui.test_routes import desk, opener

__all__ = ["desk", "opener"]  # fixtures
