"""How truly the Sandbox answers, as measured: resources/sandbox_fidelity.json.

`./dev bench parity --save` measures and writes the file (tests/bench/parity.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.codec import convert, to_builtins
from workbench.core.paths import resources_dir

_FILE = "sandbox_fidelity.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """How many of something are as AWS's: `right` of `all`."""

    right: int
    all: int


@dataclass(frozen=True, slots=True)
class ServiceFidelity:
    """The recorded refusals of one service.

    Attributes:
        service: botocore's name ("lambda").
        recorded: How many requests that AWS refused were made again.
        sandbox: How many of them the Sandbox refused with AWS's code and text.
        moto: The same of moto, a library that stands in for AWS in tests.
    """

    service: str
    recorded: int
    sandbox: int
    moto: int


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What was measured.

    Attributes:
        date: Day of the measurement, as in "2026-11-28".
        versions: Of what was measured and compared, by name ("ministack", "moto", "botocore").
        services: Sorted by name.
        states: Lambda's recorded sequences of states.
        fields: Lambda's recorded answers, of which the fields were compared.
    """

    date: str
    versions: Mapping[str, str]
    services: tuple[ServiceFidelity, ...]
    states: Measured
    fields: Measured


def fidelity_file() -> Path:
    """Where the measured figures are."""
    return resources_dir() / _FILE


def read_fidelity() -> Fidelity:
    """The figures that this version of Workbench was measured with."""
    return convert(json.loads(fidelity_file().read_bytes()), Fidelity)


def write_fidelity(measured: Fidelity) -> None:
    """Replaces the figures. Only the bench does."""
    fidelity_file().write_text(json.dumps(to_builtins(measured), indent=2) + "\n", "utf-8")
