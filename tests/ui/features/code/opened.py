"""A function whose code is open, for parts that work beside the Code tab."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.ui.shell.services import Services


@contextmanager
def opened(
    files: Mapping[str, bytes | str], services: Services, aws: StubbedAws, folder: Path, qtbot: QtBot
) -> Iterator[Coder]:
    """The Code tab with these files; all is left and idle afterwards."""
    with ExitStack() as servers:
        coder = Coder(services, qtbot)
        coder.open(CodeServer(aws, folder, servers).function("hello", dict(files)))
        yield coder
        coder.page.deactivate()
        coder.page.clear()
        coder.idle()
