"""Deploys, read back from their journals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.core import codec
from workbench.core.journal_file import Work, read_work
from workbench.deploy.about import About
from workbench.deploy.options import DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import StepKind
from workbench.functions.configure import Wanted
from workbench.functions.versions import Alias

Facts = Mapping[str, str]
"""What a step that was done knows for its undo and for the steps after it, by name."""

BACKUP, PRIVATE = ".zip", ".private"
"""Suffixes of a journal's sidecar files, which are kept until the deploy is over."""
_BEGIN_TEXTS = ("function_name", "function_arn", "old_sha256", "new_sha256", "old_revision_id")


class DeployOutcome(Enum):
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
        staging: Where the package went in S3, or None.
        begun: The steps that were begun and not undone, in order.
        facts: What the steps that were done returned, by step.
        notes: What steps noted before they changed anything, by step.
        undoing: Whether it was being undone.
        about: What the history shows of it.
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
    outcome: DeployOutcome | None = None
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
    return journal_file.with_suffix(BACKUP)


def private_of(journal_file: Path) -> Path:
    """Where what a deploy changes of the configuration is kept until it is over: secrets may stand there."""
    return journal_file.with_suffix(PRIVATE)


def read_private(record: DeployRecord) -> tuple[Wanted, Wanted] | None:
    """The configuration that an unfinished deploy wants, and the one before; None when it is not kept."""
    try:
        wanted, before = json.loads(private_of(record.file).read_bytes())
        return codec.convert(wanted, Wanted, exact=True), codec.convert(before, Wanted, exact=True)
    except (OSError, ValueError, TypeError):
        return None


def read_record(path: Path) -> DeployRecord | None:
    """A record from its file, or None when nothing of the deploy was begun.

    What a later version wrote, and this one does not know, is passed over.
    """
    work = read_work(path)
    if work is None:
        return None
    about = work.about
    try:
        texts = {key: about[key] for key in _BEGIN_TEXTS}
        workspace = Path(about["workspace"]) if about["workspace"] else None
    except (KeyError, TypeError):
        return None
    return DeployRecord(
        path,
        work.when,
        workspace=workspace,
        last_step=_step(work.last_step),
        begun=tuple(step for name in work.begun if (step := _step(name))),
        facts=_by_step(work.done),
        notes=_by_step(work.notes),
        undoing=work.undoing,
        **texts,
        **_plan(about),
        **_about(about),
        **_ending(work),
    )


def _step(name: str) -> StepKind | None:
    try:
        return StepKind(name)
    except ValueError:
        return None


def _by_step(facts: Mapping[str, Mapping[str, Any]]) -> dict[StepKind, Facts]:
    return {
        step: {key: str(value) for key, value in values.items()}
        for name, values in facts.items()
        if (step := _step(name))
    }


def _ending(work: Work) -> dict[str, Any]:
    try:
        if work.ending is None:
            return {}
        return {
            "outcome": DeployOutcome(work.ending["outcome"]),
            "text": work.ending["text"],
            "new_revision_id": work.ending["revision_id"],
            "finished": work.ending["at"],
        }
    except (ValueError, KeyError):
        return {}


def _plan(begin: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of a deploy as far as this version understands it: all of it, or nothing."""
    try:
        planned = tuple(StepKind(name) for name in begin["planned"])
        alias = _alias(begin["alias"]) if begin["alias"] else None
        options = codec.convert(begin["options"], DeployOptions)
        staging = Staging(**begin["staging"]) if begin["staging"] else None
        return {"planned": planned, "options": options, "alias": alias, "staging": staging}
    except (ValueError, KeyError, TypeError):
        return {}


def _about(begin: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"about": codec.convert(begin["about"], About)}
    except (ValueError, KeyError, TypeError):
        return {}  # noted by another version


def _alias(value: dict[str, Any]) -> Alias:
    weights = tuple((str(version), float(share)) for version, share in value["weights"])
    return Alias(**value | {"weights": weights})
