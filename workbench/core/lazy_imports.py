"""Modules that are loaded when they are first used, not when they are imported.

A start imports everything that the window consists of. Most of that would be dialogs that are opened later,
or never, with what only they need (YAML, numpy): a third of the time until everything is usable. Once
`install` was called, how a module of Workbench is imported says when it is loaded:

    from workbench.ui.features.bulk.dialog import BulkDialog   # now
    from workbench.ui.features.bulk import dialog              # when `dialog.BulkDialog` is first used

So imports stay at the top of a file, where readers, mypy and import-linter expect them. Use the second for
what no start needs. Annotations of arguments are evaluated when a function is made: quote them there
("dialog.BulkDialog"). Once all is usable, `load_rest` loads what is left, on a worker thread, so that the
first opening does not wait for it. tests/e2e/test_start.py lists what a start must not load.

WORKAROUND PEP 810: remove when Python 3.15, which has `lazy import`, is the oldest that is supported.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader
from types import ModuleType

_OURS = ("workbench.", "workbench_sandbox.")


class _Finder(MetaPathFinder):
    """Finds modules as the other finders do, and delays their loading, except small packages'."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_OURS):
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(fullname, path, target) if finder is not self else None
            if spec is not None:
                if spec.loader is not None and spec.submodule_search_locations is None:
                    spec.loader = LazyLoader(spec.loader)
                return spec
        return None


def install() -> None:
    """Makes modules of Workbench load when they are first used. For the first lines of a program."""
    sys.meta_path.insert(0, _Finder())


def unloaded() -> tuple[str, ...]:
    """The names of modules that were imported but not used yet."""
    # Reading any attribute would load a module, except its type, which importlib does not intercept.
    modules = sys.modules.copy().items()
    return tuple(name for name, each in modules if type(each).__name__ == "_LazyModule")


def load(name: str) -> None:
    """Imports a module and loads it now."""
    vars(import_module(name))


def load_rest(check: Callable[[], object]) -> None:
    """Loads the modules that were imported but not used yet, and those they import. For a worker thread.

    Args:
        check: Called before each module; raises to stop.
    """
    while names := unloaded():
        for name in names:
            check()
            load(name)
