"""Fetches the layers of the open function for its language servers, in the background.

Owns: what was said already of layers that cannot be read. Must not know: the servers.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.code.download import FetchedLayers, fetch_layer_imports, is_complete, layer_imports
from workbench.code.language_service import python_version
from workbench.core.errors import WorkbenchError
from workbench.core.files import path_below
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.ui.services import OpenFunction, Services

_KEY = "language.layers"


def known_imports(services: Services, detail: FunctionDetail) -> tuple[Path, ...]:
    """What the layers of a function put on Python's path, as far as they are here. Reads the disk."""
    version = python_version(detail.runtime)
    return layer_imports(_cache_dir(services, detail), detail.layers, version) if version else ()


def all_imports(services: Services, detail: FunctionDetail) -> tuple[Path, ...] | None:
    """As `known_imports`; None while layers are not here, or when they bring packages of another language."""
    if detail.layers and not (
        python_version(detail.runtime) and is_complete(_cache_dir(services, detail), detail.layers)
    ):
        return None
    return known_imports(services, detail)


def _cache_dir(services: Services, detail: FunctionDetail) -> Path:
    """An account's own: what one account's endpoint gave for a layer is not another's."""
    return path_below(services.paths.cache_dir, "layers", detail.account_id)


class FunctionLayers(QObject):
    """Layers on Python's path.

    Signals:
        failed: A layer cannot be read; of each layer that is said once.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._said: set[str] = set()

    def fetch(self, function: OpenFunction, then: Callable[[], object]) -> None:
        """Fetches what is missing; `then` runs if there is more now than there was."""
        connection, arns = function.connection, function.detail.layers
        if not arns:
            return
        cache_dir = _cache_dir(self._services, function.detail)

        def fetched(result: FetchedLayers) -> None:
            for arn, error in result.failures.items():
                self._say(arn, error)
            if result.changed:
                then()

        self._services.jobs.submit(
            Job(
                _("Downloading the layers of {function_name}").format(
                    function_name=function.detail.function_name
                ),
                lambda ctx: fetch_layer_imports(connection, arns, cache_dir, ctx),
                lane=_KEY,
                replaces=_KEY,
                quiet=is_complete(cache_dir, arns),
                on_done=fetched,
            )
        )

    def drop(self) -> None:
        """Nobody waits for them any more."""
        self._services.jobs.drop(_KEY)

    def _say(self, arn: str, error: WorkbenchError) -> None:
        if arn in self._said:
            return
        self._said.add(arn)
        name = ":".join(arn.split(":")[-2:])
        self.failed.emit(
            WorkbenchError(
                _("Completion and checks do not cover the layer {name}.").format(name=name),
                " ".join(part for part in (error.what, error.why) if part),
                _("Imports from it are reported as missing. Nothing else is affected."),
                aws_code=error.aws_code,
                request_id=error.request_id,
            )
        )
