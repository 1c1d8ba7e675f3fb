"""Fixtures of this part of the window."""

from tests.ui.features.fleet.watcher import watcher

__all__ = ["watcher"]
