"""Fixtures of this part of the window."""

from tests.ui.fleet.watcher import watcher
from tests.ui.test_routes import desk, opener

__all__ = ["desk", "opener", "watcher"]
