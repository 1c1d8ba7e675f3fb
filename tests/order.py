"""In which order, and with what, workers take the files of tests.

Tests on a screen type and click as a person does, who also pauses: two of them at the same time, and the
windows of one are too late for the pauses of the other. So one worker has them all, and begins with them, as
they take longest. Other tests of the whole program, which mostly wait too, are spread among the first files,
else all workers would wait at the same time: pytest-xdist leaves files with few tests for the end.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

_ROOT = Path(__file__).parents[1]
_OTHERS_BETWEEN = 2
SCREEN = "screen"
_LONG = ("/e2e/", "/test_dialogs_fit.py")
"""Whose few tests take long, each with a program of its own."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist is untyped
    """A file's tests stay together, and so do all on a screen."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return SCREEN if is_on_screen(file) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Takes the place of loadfile."""
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Orders what a worker has collected; all workers collect the same."""
    if hasattr(config, "workerinput"):
        files: dict[str, list[pytest.Item]] = {}
        for item in items:
            files.setdefault(item.nodeid.partition("::")[0], []).append(item)
        names = spread({name: len(each) for name, each in files.items()})
        items[:] = [item for name in names for item in files[name]]


def spread(tests: dict[str, int]) -> Sequence[str]:
    """The files' names in a good order, from how many tests each has: the more the sooner, but see above."""
    by_number = sorted(tests, key=lambda name: -tests[name])
    screen = [name for name in by_number if is_on_screen(name)]
    waiting = [name for name in by_number if name not in screen and any(each in name for each in _LONG)]
    return [*screen, *_between(waiting, [n for n in by_number if n not in screen and n not in waiting])]


@cache
def is_on_screen(file: str) -> bool:
    """Whether a file of tests asks for the fixture of tests/screen.py."""
    path = _ROOT / file
    return path.is_file() and "screen: dict[str, str]" in path.read_text("utf-8")


def _between(waiting: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(waiting):
        yield name
        yield from others[number * _OTHERS_BETWEEN : (number + 1) * _OTHERS_BETWEEN]
    yield from others[len(waiting) * _OTHERS_BETWEEN :]
