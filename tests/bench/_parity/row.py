"""A request that ends in a recorded refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """How to get a recorded refusal.

    Attributes:
        key: Words of the recorded answer's key.
        call: "service.Operation".
        request: Parameters.
        steps: What must be there before.
    """

    key: str
    call: str
    request: Mapping[str, Any]
    steps: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        return self.call.split(".")[0]

    @property
    def operation(self) -> str:
        return self.call.split(".")[1]
