"""What a deploy changes: files with their sizes, and settings that somebody changed meanwhile."""

from dataclasses import replace
from typing import Any

import pytest

from tests.deploy.test_plan import _observed as observed
from workbench.code.contents import Contents, FileContent
from workbench.code.tree import FileChange
from workbench.deploy.plan import ChangedFile, changed_files, changed_settings, undone_settings
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import SettingChange


def contents(**files: tuple[str, int]) -> Contents:
    return Contents({path: FileContent(sha, size) for path, (sha, size) in files.items()})


def test_files_are_told_by_what_happens_to_them() -> None:
    old = contents(a=("1", 10), b=("2", 20), gone=("3", 30))
    new = contents(a=("1", 10), b=("9", 25), new=("4", 5))
    assert changed_files(old, new) == (
        ChangedFile("b", FileChange.CHANGED, 20, 25),
        ChangedFile("gone", FileChange.DELETED, 30),
        ChangedFile("new", FileChange.ADDED, 0, 5),
    )
    assert changed_files(new, new) == ()


def test_an_executable_bit_is_a_change_and_what_is_never_packed_is_none() -> None:
    old = Contents({"run": FileContent("1", 10), "__pycache__/x.pyc": FileContent("2", 5)})
    new = Contents({"run": FileContent("1", 10, executable=True)})
    assert changed_files(old, new) == (ChangedFile("run", FileChange.CHANGED, 10, 10),)


SHOWN: dict[str, Any] = {
    "memory_mb": 128,
    "handler": "app.handler",
    "environment": (("A", "1"), ("B", "2")),
    "layers": ("arn:l:1",),
}


def shown(**changes: Any) -> FunctionDetail:
    return observed(**SHOWN | changes)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({}, ()),
        ({"revision_id": "other", "code_sha256": "other"}, ()),
        ({"memory_mb": 512}, (SettingChange("memory_mb", "", 128, 512),)),
        ({"layers": ()}, (SettingChange("layers", "", ("arn:l:1",), ()),)),
        (
            {"environment": (("A", "1"), ("B", "3"), ("C", "4"))},
            (SettingChange("environment", "B", "2", "3"), SettingChange("environment", "C", None, "4")),
        ),
        ({"environment": (("B", "2"),)}, (SettingChange("environment", "A", "1", None),)),
        ({"environment": (), "environment_error": "KMS denied"}, ()),
    ],
)
def test_settings_that_differ_are_told(now: dict[str, Any], expected: tuple[SettingChange, ...]) -> None:
    assert changed_settings(shown(), shown(**now)) == expected


def test_ours_put_back_leaves_what_is_theirs() -> None:
    now = shown(memory_mb=512, handler="new.handler", environment=(("A", "9"), ("C", "4")))
    changed = changed_settings(shown(), now)
    assert undone_settings((), now) is None
    everything = undone_settings(changed, now)
    assert everything is not None
    assert changed_settings(shown(), replace(now, **everything.values())) == ()

    some = [each for each in changed if each.name == "memory_mb" or each.key in ("B", "C")]
    wanted = undone_settings(some, now)
    assert wanted is not None
    merged = replace(now, **wanted.values())
    assert (merged.memory_mb, merged.handler) == (128, "new.handler")
    assert merged.environment == (("A", "9"), ("B", "2"))
