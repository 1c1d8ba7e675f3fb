"""Deploys as recorded in their journals: the plan, the progress, and the outcome."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path

from workbench.core import codec
from workbench.core.operations import Facts, OperationRecord
from workbench.deploy.about import About
from workbench.deploy.options import DeployOptions
from workbench.deploy.staging import Staging
from workbench.deploy.step import StepKind
from workbench.functions.configure import Wanted
from workbench.functions.versions import Alias

BACKUP, PRIVATE = ".zip", ".private"
"""Suffixes of a journal's sidecar files, which are kept until the deploy is over."""
_PLAN = {"planned", "options", "alias", "staging"}


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
class Deployment:
    """The plan of a deploy in its journal.

    Attributes:
        function_arn: With account and region.
        workspace: The folder of its workspace, or None.
        old_sha256: CodeSha256 before.
        new_sha256: CodeSha256 afterwards.
        old_revision_id: RevisionId before.
        planned: The planned steps, in order; empty for deploys of versions that did not record them.
        options: The options without the configuration; None if this version cannot read them.
        alias: The alias to move, before the move; None if it did not exist.
        staging: The package's location in S3, or None.
        about: What the history shows of it.
    """

    function_name: str
    function_arn: str
    workspace: Path | None
    old_sha256: str
    new_sha256: str
    old_revision_id: str
    planned: tuple[StepKind, ...] = ()
    options: DeployOptions | None = None
    alias: Alias | None = None
    staging: Staging | None = None
    about: About = field(default_factory=About)

    @property
    def account_id(self) -> str:
        """The function's account; empty if the ARN is invalid."""
        return _part(self.function_arn, 4)

    @property
    def region(self) -> str:
        """The function's region; empty if the ARN is invalid."""
        return _part(self.function_arn, 3)


def _part(arn: str, number: int) -> str:
    return arn.split(":")[number] if arn.count(":") >= number else ""


def read_deployment(facts: Facts) -> Deployment:
    """The beginning of a deploy's journal, of this version or another one.

    The plan, and what the history shows, are present if this version understands them completely.

    Raises:
        Damaged: It is not a deploy.
    """
    facts = {**facts, "workspace": facts.get("workspace") or None}
    for unknown in (set[str](), {"about"}, _PLAN):
        with suppress(codec.Damaged):
            return codec.convert({name: facts[name] for name in facts.keys() - unknown}, Deployment)
    return codec.convert({name: facts[name] for name in facts.keys() - _PLAN - {"about"}}, Deployment)


type InterruptedDeploy = OperationRecord[Deployment]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRecord(Deployment):
    """A deploy of the history.

    Attributes:
        when: ISO 8601, UTC.
        facts: What the finished steps returned, by step.
        outcome: None while it runs, and after a crash until it is recovered.
        text: The outcome in a sentence.
        new_revision_id: RevisionId afterwards; empty if unknown.
        finished: Time of its end, ISO 8601, UTC; empty while it runs.
    """

    file: Path
    when: str
    facts: Mapping[str, Facts] = field(default_factory=dict)
    outcome: DeployOutcome | None = None
    text: str = ""
    new_revision_id: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class _Ending:
    outcome: DeployOutcome | None = None
    text: str = ""
    revision_id: str = ""
    at: str = ""


def record_of(found: OperationRecord[Deployment]) -> DeployRecord:
    """A deploy of the history, from its journal."""
    try:
        ending = codec.convert(found.ending or {}, _Ending)
    except codec.Damaged:
        ending = _Ending()  # recorded by another version
    return DeployRecord(
        **{each.name: getattr(found.about, each.name) for each in fields(Deployment)},
        file=found.file,
        when=found.when,
        facts=found.done,
        outcome=ending.outcome,
        text=ending.text,
        new_revision_id=ending.revision_id,
        finished=ending.at,
    )


def backup_of(journal_file: Path) -> Path:
    """Where the replaced code is stored until the deploy is over, if it is nowhere else."""
    return journal_file.with_suffix(BACKUP)


def read_private(journal_file: Path) -> tuple[Wanted, Wanted] | None:
    """The desired and the earlier configuration of an unfinished deploy; None if they are not stored.

    They are next to the journal until the deploy is over, because they may contain secrets.
    """
    try:
        wanted, before = json.loads(journal_file.with_suffix(PRIVATE).read_bytes())
        return codec.convert(wanted, Wanted, exact=True), codec.convert(before, Wanted, exact=True)
    except (OSError, ValueError, TypeError):
        return None
