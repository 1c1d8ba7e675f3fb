"""What checks find, and the ways out. Values only.

Sentences are for people and name both sides; ids are those of the rulebook (GEN-REGION, SQS-VIS-LT).
"""

from dataclasses import dataclass, field
from enum import Enum

from workbench.triggers.model import SourceKind, Values
from workbench.triggers.step import Step


class Severity(Enum):
    """What a finding means for the wiring."""

    NOTICE = "notice"
    WARN = "warn"
    """A person may go on all the same."""
    BLOCK = "block"
    """AWS would refuse, or the trigger would not work."""


class FixKind(Enum):
    """What becomes of a fix: steps go into the plan, all others are ways that the window leads to."""

    STEPS = "steps"
    SWITCH_REGION = "switch region"
    PICK_FUNCTION = "choose a function there"
    COPY_FUNCTION = "copy the function there"
    OTHER_SOURCE = "use another source"
    """Another kind of source that does the same, such as a queue behind a FIFO topic."""
    OPEN_EXISTING = "open the existing trigger"
    SHOW_POLICY = "show a policy to copy"
    EDIT = "change a setting"
    """`values` of the fix are what to set."""
    QUALIFIER = "use an alias or version"
    """`text` of the fix is its name."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out of a finding.

    Attributes:
        kind: What becomes of it.
        title: On the button ("Set the visibility timeout to 360 s").
        steps: For STEPS: what is done first when a person accepts; shown in the plan like all others.
        is_standard: Part of the plan unless a person takes it out: what wiring always brings along.
        region: For the ways that lead to another region.
        text: For SHOW_POLICY: the JSON; for OPEN_EXISTING: the trigger's identity; for QUALIFIER:
            the alias or version.
        values: For EDIT.
        source_kind: For OTHER_SOURCE.
        source_arn: For OTHER_SOURCE.
    """

    kind: FixKind
    title: str
    steps: tuple[Step, ...] = ()
    is_standard: bool = False
    region: str = ""
    text: str = ""
    values: Values = field(default_factory=dict)
    source_kind: SourceKind | None = None
    source_arn: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        check_id: From the rulebook.
        severity: What it means.
        what: The finding, in a sentence that names both sides.
        why: The rule behind it, in a sentence.
        fixes: Ways out, the best first.
        typed_word: What a person must type to go on all the same ("public"); empty when a click will do.
        aws: AWS's own code and text, when AWS said it.
    """

    check_id: str
    severity: Severity
    what: str
    why: str = ""
    fixes: tuple[Fix, ...] = ()
    typed_word: str = ""
    aws: str = ""
