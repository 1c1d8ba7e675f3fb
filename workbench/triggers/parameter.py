"""A parameter of a source, described so that a form can be made of it, and checked without AWS."""

from dataclasses import dataclass
from enum import Enum


class Entry(Enum):
    """How a value is entered, and its Python type."""

    NUMBER = "number"  # int
    TEXT = "text"  # str
    CHOICE = "choice"  # str, one of choices
    CHOICES = "choices"  # tuple[str, ...], some of choices
    FLAG = "flag"  # bool
    MOMENT = "moment"  # datetime, UTC
    JSON = "json"  # str, a JSON document
    FILTERS = "filters"  # tuple[str, ...], filter patterns, each a JSON document
    ARN = "arn"  # str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        name: AWS's member ("MaximumBatchingWindowInSeconds"); a dot leads into a structure.
        label: As AWS's console calls it ("Batch window").
        entry: How it is entered.
        default: What AWS takes when nothing is sent; None when there is none.
        required: Whether AWS needs it.
        minimum: Of a number, from the service model where that has one; of a text, its length.
        maximum: As minimum.
        also: Numbers outside the range that mean something, with their meaning: ((-1, "until it expires"),).
        choices: What AWS knows; more may be typed where `is_open`.
        is_open: Whether another value than the choices may be typed.
        pattern: For the whole of a text.
        unit: "s", "messages".
        create_only: Whether AWS refuses to change it later.
        advanced: Whether it hides behind "More".
        help: One sentence.
    """

    name: str
    label: str
    entry: Entry
    default: object = None
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[tuple[int, str], ...] = ()
    choices: tuple[str, ...] = ()
    is_open: bool = False
    pattern: str = ""
    unit: str = ""
    create_only: bool = False
    advanced: bool = False
    help: str = ""
