"""The whole window, for features that are tested in it; see tests/ui/test_routes.py."""

from tests.ui.test_routes import desk, opener

__all__ = ["desk", "opener"]  # fixtures
