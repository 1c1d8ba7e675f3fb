"""Lambda's limits that no call answers, each with its source.

Limits in the service model (lengths, patterns, ranges) are read from it, so that they are updated with
botocore. Those that `GetAccountSettings` answers (storage, concurrency) are read where they are needed.
"""

import re
from dataclasses import dataclass
from typing import Any

from workbench.aws.regions import loader

ZIP_LIMIT_BYTES = 50 * 1024 * 1024
"""A package that is sent directly; larger ones go through S3.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
UNZIPPED_LIMIT_BYTES = 262_144_000
"""Unpacked code with its layers. Source: as above (250 MB)."""
LAYERS_LIMIT = 5
"""Layers per function. Source: as above."""
ENVIRONMENT_LIMIT_BYTES = 4096
"""All environment variables together, names and values. Source: as above (4 KB)."""
POLICY_LIMIT_BYTES = 20 * 1024
"""The resource policy. Source: as above (20 KB)."""
SYNC_PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024
"""Request and response of a synchronous invocation, each. Source: as above (6 MB)."""
ASYNC_PAYLOAD_LIMIT_BYTES = 1024 * 1024
"""Request of an asynchronous invocation. Source: as above (1 MB since October 2025, 256 KB before)."""
CLIENT_CONTEXT_LIMIT_BYTES = 3583
"""Base64 text of ClientContext. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
FUNCTION_NAME_LIMIT = 64
"""Length of a function's bare name; the model allows more, for ARNs.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
MEMORY_USUAL_LIMIT_MB = EPHEMERAL_USUAL_LIMIT_MB = 10_240
"""The documented maximum; the service model allows more for some kinds of functions. Source: as for the
zip."""
TIMEOUT_USUAL_LIMIT_S = 1800
"""The maximum timeout, and the longest synchronous invocation, of most functions. The service model allows
5,400 s: on managed instances, for asynchronous invocations and most event source mappings. Source: the
service model's text on CreateFunction's Timeout (botocore 1.44.8)"""


@dataclass(frozen=True, slots=True)
class TextLimit:
    """The service model's constraints of a text: lengths in characters, and a pattern for the whole text."""

    min_length: int
    max_length: int | None
    pattern: str

    def accepts(self, text: str) -> bool:
        """Whether AWS accepts this text, according to the model."""
        if len(text) < self.min_length or (self.max_length is not None and len(text) > self.max_length):
            return False
        return not self.pattern or re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class NumberLimit:
    """The service model's constraints of a number."""

    minimum: int
    maximum: int


def text_limit(shape: str, service: str = "lambda") -> TextLimit:
    """The constraints of a text, by its name in the service model ("Handler", "Description", "StatementId").

    Raises:
        KeyError: The model has no such shape.
    """
    rules = _shape(service, shape)
    return TextLimit(int(rules.get("min", 0)), rules.get("max"), rules.get("pattern", ""))


def number_limit(shape: str, service: str = "lambda") -> NumberLimit:
    """The range of a number ("Timeout" in seconds, "MemorySize" in MB, "EphemeralStorageSize" in MB).

    Raises:
        KeyError: The model has no such shape, or it is not a bounded number.
    """
    rules = _shape(service, shape)
    return NumberLimit(int(rules["min"]), int(rules["max"]))


def known_values(shape: str, service: str = "lambda") -> tuple[str, ...]:
    """The values in the model ("Runtime", "Architecture"). AWS may accept others: never refuse them."""
    return tuple(_shape(service, shape)["enum"])


def is_function_name(name: str) -> bool:
    """Whether a new function may have this bare name."""
    return len(name) <= FUNCTION_NAME_LIMIT and re.fullmatch(r"[a-zA-Z0-9_-]+", name) is not None


def environment_size_bytes(variables: dict[str, str]) -> int:
    """The size of the variables for ENVIRONMENT_LIMIT_BYTES: the bytes of Lambda's JSON of them."""
    import json

    return len(json.dumps(variables, ensure_ascii=False, separators=(",", ":")).encode()) if variables else 0


def _shape(service: str, shape: str) -> dict[str, Any]:
    model = loader().load_service_model(service, "service-2")
    found: dict[str, Any] = model["shapes"][shape]
    return found
