"""Texts of the history: entries, files and who deployed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.code.tree import FileChange
from workbench.deploy.history import DeployMarker, HistoryEntry
from workbench.deploy.journal import DeployRecord, Journal
from workbench.deploy.plan import FileCount, Files
from workbench.functions.configure import Wanted
from workbench.metrics.changes import ChangeKind, RecordSource
from workbench.metrics.changes import FunctionChange as FunctionChange
from workbench.ui.features.metrics.changes import change_of, deploy_changes
from workbench.ui.features.metrics.reading import marker_of
from workbench.ui.shell.deploy_history import changed_text, files_text, who_text


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("", ""),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:iam::123456789012:user/ann", "ann"),
        ("arn:aws:iam::123456789012:user/team/web/ann", "ann"),
        ("arn:aws:sts::123456789012:assumed-role/Deployer/ann@example.com", "ann@example.com (Deployer)"),
        ("arn:aws:sts::123456789012:federated-user/bob", "bob"),
        ("nonsense", "nonsense"),
    ],
)
def test_who_is_said_by_a_short_name(arn: str, name: str) -> None:
    assert who_text(arn) == name


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (Files(), ""),
        (Files(FileCount(0, 1, 0), (("app.py", FileChange.CHANGED),)), "app.py"),
        (Files(FileCount(1, 0, 1), (("a", FileChange.ADDED), ("b", FileChange.DELETED))), "1 new, 1 deleted"),
        (Files(FileCount(12_000, 3, 0), (("a", FileChange.ADDED),)), "3 changed, 12,000 new"),
    ],
)
def test_files_are_counted_and_a_single_one_is_named(files: Files, text: str) -> None:
    assert files_text(files) == text


def test_a_deploy_is_marked_on_charts_with_version_code_and_who(tmp_path: Path) -> None:
    when = datetime(2026, 11, 24, 12, tzinfo=UTC)
    marker = DeployMarker(when, "q83vEjRWeJq83vEj=", "7", "prod", "arn:aws:iam::123456789012:user/ann", False)
    found = marker_of(change_of(marker))
    assert (found.time_s, found.label, found.is_warning) == (when.timestamp(), "Deployed v7", False)
    source = "From Workbench history"
    assert found.text.splitlines()[1:] == [
        "Version 7 · prod",
        "Code SHA-256 q83vEjRWeJq8",
        "By ann",
        source,
    ]
    plain = marker_of(change_of(replace(marker, version="", alias_name="", who="", taken_back=True)))
    assert plain.label == "Deployed and rolled back q83vEjRWeJq8"
    assert plain.is_warning
    assert plain.text.splitlines()[1:] == ["Code SHA-256 q83vEjRWeJq8", "Unknown user", source]
    assert deploy_changes(Journal(tmp_path / "deploys"), "arn") == ()


@pytest.mark.parametrize(
    ("kinds", "version", "label"),
    [
        ({ChangeKind.CODE}, "", "Code changed q83vEjRWeJq8"),
        ({ChangeKind.CODE, ChangeKind.VERSION, ChangeKind.ALIAS}, "8", "Published v8"),
        ({ChangeKind.ALIAS}, "8", "Alias updated v8"),
        ({ChangeKind.CONFIGURATION}, "", "Configuration changed q83vEjRWeJq8"),
        (set(), "", "Changed q83vEjRWeJq8"),
    ],
)
def test_what_others_changed_is_marked_with_what_it_was(
    kinds: set[ChangeKind], version: str, label: str
) -> None:
    when = datetime(2026, 11, 24, 12, tzinfo=UTC)
    sources = (RecordSource.VERSION, RecordSource.CLOUDTRAIL)
    change = FunctionChange(
        when, frozenset(kinds), sources, None, version, "q83vEjRWeJq83vEj=", description="Faster"
    )
    marker = marker_of(change)
    assert marker.label == label
    assert marker.text.splitlines()[-3:] == [
        "Code SHA-256 q83vEjRWeJq8",
        "Unknown user",
        "From published versions, CloudTrail",
    ]
    assert "Faster" in marker.text


def test_a_move_that_did_not_come_to_its_alias_names_none() -> None:
    when = "2026-11-25T00:17:33+00:00"
    record = DeployRecord("fn", "arn", None, "old", "old", "r1", file=Path("1"), when=when)
    entry = HistoryEntry("fn", record, record.when, "old", 0, Wanted(), is_move=True)
    assert changed_text(entry) == ""
    moved = replace(entry, version="7", alias_name="prod")
    assert changed_text(moved) == "prod to version 7"
