"""Texts of a function before and after its restore: what comes back, what does not, and why."""

from pathlib import Path
from typing import Any

import pytest

from tests.functions.test_index import function
from workbench.core.errors import WorkbenchError
from workbench.functions.deleted import Deleted
from workbench.functions.model import FunctionDetail
from workbench.functions.restore import NotRestored, Restored
from workbench.functions.snapshot import FunctionSnapshot
from workbench.ui.features.deleting.dialog import kept_text, restored_text

ALIASES = FunctionSnapshot(aliases=({"Name": "prod", "FunctionVersion": "3"},))
WHY = "AccessDeniedException: You may not"
DENIED = WorkbenchError("Could not restore it.", "You may not.", aws_code="AccessDeniedException")


def deleted(**more: Any) -> Deleted:
    values: dict[str, Any] = {
        "folder": Path(),
        "when": "2026-07-01T12:00:00+00:00",
        "account_id": "123456789012",
        "region": "eu-central-1",
        "function_name": "hello",
        "request": "{}",
        "code_sha256": "mine",
        "image_uri": "",
        "reserved_concurrency": None,
        "kept": ALIASES,
    }
    return Deleted(**values | more)


def restored(*left: NotRestored, notes: tuple[str, ...] = ()) -> Restored:
    plain = function("hello")
    detail = FunctionDetail(**{name: getattr(plain, name) for name in type(plain).__slots__})
    return Restored(detail, left, notes)


@pytest.mark.parametrize(
    ("copy", "parts", "absent"),
    [
        (deleted(), ["These resources will be restored too: 1 alias.", "new numbers"], "Not restored"),
        (deleted(lost=("Log group /a",)), ["Not restored: Log group /a."], "earlier version"),
        (
            deleted(kept=None),
            ["Not restored: versions, aliases", "earlier version of Workbench"],
            "These resources will be restored too",
        ),
    ],
)
def test_before_it_is_said_what_comes_back(copy: Deleted, parts: list[str], absent: str) -> None:
    words = kept_text(copy)
    assert all(
        part in words
        for part in ["Its code, configuration, tags and reserved concurrency will be restored", *parts]
    )
    assert absent not in words


def test_a_restoring_that_was_interrupted_is_said(tmp_path: Path) -> None:
    copy = deleted(folder=tmp_path)
    (copy.folder / "restoring").touch()
    assert "Restore continues it." in kept_text(copy)
    interrupted = copy.journal.interrupted()
    assert interrupted is not None
    with copy.journal.reopen_restore(interrupted) as file:
        assert "interrupted" not in kept_text(copy)  # it is being restored now
        file.finish()
    assert "interrupted" not in kept_text(copy)


@pytest.mark.parametrize(
    ("copy", "result", "words", "tone"),
    [
        (deleted(), restored(), "", "good"),
        (
            deleted(),
            restored(NotRestored("the alias prod", DENIED), notes=("version 3 is now version 1",)),
            f"Not restored: the alias prod ({WHY}). Restored with changes: version 3 is now version 1.",
            "warning",
        ),
        (deleted(lost=("Log group /a",)), restored(), "Not restored: Log group /a.", "info"),
    ],
)
def test_afterwards_it_is_said_what_is_missing_and_why(
    copy: Deleted, result: Restored, words: str, tone: str
) -> None:
    assert restored_text(copy, result) == (words, tone)
