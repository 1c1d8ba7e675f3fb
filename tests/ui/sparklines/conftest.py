"""Fixtures of this part of the window."""

from tests.aws_stub import aws
from tests.ui.features.fleet.watcher import watcher
from tests.ui.test_routes import desk, opener

__all__ = ["aws", "desk", "opener", "watcher"]
