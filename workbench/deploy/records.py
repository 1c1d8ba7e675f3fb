"""What the journal files say of deploys, read back. Must not know: how the files are written or locked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.deploy.about import About
from workbench.deploy.options import DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import StepKind
from workbench.functions.configure import Wanted
from workbench.functions.versions import Alias

Facts = Mapping[str, str]
"""What a step that was done knows for its undo and for the steps after it, by name."""

_BEGIN_TEXTS = ("function_name", "function_arn", "old_sha256", "new_sha256", "old_revision_id")


class Outcome(Enum):
    """How a deploy ended: which code the function has."""

    DEPLOYED = "deployed"
    ALREADY_DEPLOYED = "already deployed"
    UPDATING = "updating"
    UNCHANGED = "unchanged"
    UNDONE = "undone"
    FAILED = "failed"
    REPLACED = "replaced"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class DeployRecord:
    """One deploy of the history.

    Attributes:
        file: Its journal.
        when: ISO 8601, UTC.
        function_name: Which function.
        function_arn: The same, with account and region.
        workspace: The folder of the workspace that it came from, or None.
        old_sha256: CodeSha256 before.
        new_sha256: CodeSha256 that was to be.
        old_revision_id: RevisionId before.
        new_revision_id: RevisionId afterwards; empty when not known.
        outcome: None while it runs, and after a crash until it is recovered.
        text: The outcome in a sentence.
        last_step: The last step that was begun, or None.
        planned: The steps of its plan, in order; empty for deploys of versions that did not note them.
        options: What was wanted; None when this version cannot read it.
        alias: The alias that was to move, as it was before; None when there was none.
        staging: The package's way through S3, or None.
        begun: The steps that were begun, in order; those that were taken back are not among them.
        facts: What the steps that were done told, by step.
        notes: What steps noted before they changed anything, by step.
        undoing: Whether it was being taken back.
        about: What is noted for people who look back.
        finished: When it ended, ISO 8601, UTC; empty while it runs.
    """

    file: Path
    when: str
    function_name: str
    function_arn: str
    workspace: Path | None
    old_sha256: str
    new_sha256: str
    old_revision_id: str
    new_revision_id: str = ""
    outcome: Outcome | None = None
    text: str = ""
    last_step: StepKind | None = None
    planned: tuple[StepKind, ...] = ()
    options: DeployOptions | None = None
    alias: Alias | None = None
    staging: Staging | None = None
    begun: tuple[StepKind, ...] = ()
    facts: Mapping[StepKind, Facts] = field(default_factory=dict)
    notes: Mapping[StepKind, Facts] = field(default_factory=dict)
    undoing: bool = False
    about: About = field(default_factory=About)
    finished: str = ""


def backup_of(journal_file: Path) -> Path:
    """Where the code that a deploy replaces is kept, when it is nowhere else, until the deploy is over."""
    return journal_file.with_suffix(".zip")


def private_of(journal_file: Path) -> Path:
    """Where what a deploy changes of the configuration is kept until it is over: secrets may stand there."""
    return journal_file.with_suffix(".private")


def read_private(record: DeployRecord) -> tuple[Wanted, Wanted] | None:
    """The configuration that an unfinished deploy wants, and the one before; None when it is not kept."""
    try:
        wanted, before = json.loads(private_of(record.file).read_bytes())
        return Wanted.from_json(wanted), Wanted.from_json(before)
    except (OSError, ValueError, TypeError):
        return None


def read_record(path: Path) -> DeployRecord | None:
    """A record from its file, or None when nothing of the deploy was begun."""
    about: dict[str, Any] = {}
    begun: list[StepKind] = []
    facts: dict[StepKind, Facts] = {}
    notes: dict[StepKind, Facts] = {}
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines:
        try:
            event = json.loads(line)
            about |= _facts(event)
            _follow(event, begun, facts, notes)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # cut short by a crash, or written by a later version
    if "when" not in about:
        return None
    return DeployRecord(path, **about, begun=tuple(begun), facts=facts, notes=notes)


def _facts(event: dict[str, Any]) -> dict[str, Any]:
    """What one event tells of the deploy, by field of DeployRecord."""
    match event["event"]:
        case "begin":
            workspace = Path(event["workspace"]) if event["workspace"] else None
            texts = {key: event[key] for key in _BEGIN_TEXTS}
            return {"when": event["at"], "workspace": workspace, **texts, **_plan(event), **_about(event)}
        case "undoing":
            return {"undoing": True}
        case "before":
            return {"last_step": StepKind(event["step"])}
        case "finish":
            outcome, revision_id = Outcome(event["outcome"]), event["revision_id"]
            ending = {"finished": event["at"], "new_revision_id": revision_id}
            return {"outcome": outcome, "text": event["text"], **ending}
    return {}


def _plan(event: dict[str, Any]) -> dict[str, Any]:
    """The plan of a deploy as far as this version understands it: all of it, or nothing."""
    try:
        planned = tuple(StepKind(name) for name in event["planned"])
        alias = _alias(event["alias"]) if event["alias"] else None
        options = DeployOptions.from_json(event["options"])
        staging = Staging(**event["staging"]) if event["staging"] else None
        return {"planned": planned, "options": options, "alias": alias, "staging": staging}
    except (ValueError, KeyError, TypeError):
        return {}


def _about(event: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"about": About.from_json(event["about"])}
    except (ValueError, KeyError, TypeError):
        return {}  # noted by another version


def _alias(value: dict[str, Any]) -> Alias:
    weights = tuple((str(version), float(share)) for version, share in value["weights"])
    return Alias(**value | {"weights": weights})


def _follow(
    event: dict[str, Any],
    begun: list[StepKind],
    facts: dict[StepKind, Facts],
    notes: dict[StepKind, Facts],
) -> None:
    """Keeps count of what was begun, noted, done and taken back."""
    if event["event"] not in ("before", "note", "after", "undone"):
        return
    step = StepKind(event["step"])
    if event["event"] == "before" and step not in begun:
        begun.append(step)
    elif event["event"] == "after":
        facts[step] = _texts(event)
    elif event["event"] == "note":
        notes[step] = _texts(event)
    elif event["event"] == "undone":
        if step in begun:
            begun.remove(step)
        facts.pop(step, None)


def _texts(event: dict[str, Any]) -> Facts:
    return {str(key): str(value) for key, value in event.get("facts", {}).items()}
