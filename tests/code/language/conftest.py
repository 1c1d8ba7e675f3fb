"""Real servers on a small folder of code."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.language.listening import Listener
from workbench.code.language_server import ServerSpec
from workbench.code.language_service import LanguageService, python_servers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A function's code; a folder with a space and signs that URIs escape."""
    root = tmp_path / "my code@7~ü" / "files"
    root.mkdir(parents=True)
    return root


@pytest.fixture
def start(root: Path, tmp_path: Path) -> Iterator[Callable[..., Listener]]:
    """Starts servers for the code, ty and ruff unless told otherwise."""
    listeners: list[Listener] = []

    def start(version: str = "3.13", specs: tuple[ServerSpec, ...] | None = None) -> Listener:
        listener = Listener()
        service = LanguageService(
            root,
            python_servers(root, version, tmp_path / "imports") if specs is None else specs,
            listener.on_started,
            listener.on_problems,
            listener.on_given_up,
        )
        listener.service = service
        listeners.append(listener)
        service.start()
        return listener

    yield start
    for listener in listeners:
        listener.service.stop()
        listener.service.join()
