"""How faithfully the Sandbox answers, as measured: resources/sandbox_fidelity.json.

`./dev bench parity --save` measures and writes the file (tests/bench/parity.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.codec import convert
from workbench.core.files import resources_dir

_FILE = "sandbox_fidelity.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """`right` of `all` results equal AWS's."""

    right: int
    all: int


@dataclass(frozen=True, slots=True)
class ServiceFidelity:
    """The recorded refusals of one service, by botocore's name.

    `sandbox` and `moto` of the `recorded` requests were refused with AWS's code and text.
    """

    service: str
    recorded: int
    sandbox: int
    moto: int


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The results of a measurement: its day ("2026-11-28"), and versions of what was compared.

    `states` are Lambda's recorded sequences of states, `fields` its recorded answers, compared by field.
    """

    date: str
    versions: Mapping[str, str]
    services: tuple[ServiceFidelity, ...]
    states: Measured
    fields: Measured


def fidelity_file() -> Path:
    """The file with the measured figures."""
    return resources_dir() / _FILE


def read_fidelity() -> Fidelity:
    """The figures measured for this version of Workbench."""
    return convert(json.loads(fidelity_file().read_bytes()), Fidelity)
