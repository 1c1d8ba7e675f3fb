"""What a run of the tests did, for tests/__main__.py: which tests were collected, ran, failed and crashed.

A plugin of pytest (`-p tests.ran --ran=FILE`). Each event is a line of the file as soon as it happens, so
that a process that ends without a word leaves what was known until then. Workers of pytest-xdist write
nothing: their reports come to the process that started them.
"""

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

_FILE = "--ran"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that tests/__main__.py gives."""
    group = parser.getgroup("ran", "what tests/__main__.py asks")
    group.addoption(_FILE, type=Path, help="write what ran into this file")
    group.addoption("--crowd", type=int, help="so many workers, unless a number is given")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Chooses the crowd, whichever way no other number of workers was given; tells of the end of pytest."""
    path: Path | None = config.getoption(_FILE)
    if path is None or hasattr(config, "workerinput"):
        return (yield)
    with path.open("w", encoding="utf-8", buffering=1) as file:
        record = _Record(file)
        config.pluginmanager.register(record)
        option = config.option
        if option.crowd is not None and option.numprocesses is None and not option.tx and not option.usepdb:
            option.numprocesses, option.loadscopereorder = option.crowd, False
            option.dist = "loadfile" if option.dist == "no" else option.dist
            record.write("in_crowd")
        code = yield
        record.write("is_over")
    return code


class _Record:
    """Writes the events of one run."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._is_collected = False

    def write(self, event: str, *names: str) -> None:
        print(json.dumps([event, names]), file=self._file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        if not session.config.option.collectonly:
            self.write("collected", *(item.nodeid for item in session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if not self._is_collected:  # every worker collects the same; pytest-xdist sees to that
            self.write("collected", *ids)
        self._is_collected = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.write("failed", report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.write("failed", report.nodeid)
        if report.when == "teardown":
            self.write("ended", report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        self.write("crashed", crashitem)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: "WorkerController", error: object) -> None:
        if error is not None:
            self.write("crashed", str(node.gateway.id))
