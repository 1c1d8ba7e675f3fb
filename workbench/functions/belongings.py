"""What belongs to a function beside its code and configuration, as it is kept when the function is deleted.

    versions (each with configuration and code), aliases, event source mappings, permissions, function URLs,
    settings for asynchronous invocation, provisioned concurrency, runtime updates, recursion, log retention

Values are AWS's own, as JSON has them. Must not know: how they are read, and made again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from workbench.functions.model import FunctionDetail

Raw = Mapping[str, Any]
"""A part of an answer of AWS."""


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A published version.

    Attributes:
        version: Its number.
        request: CreateFunction's request with its configuration, without the code; holds secrets.
        code_sha256: Of its package; empty for a container image.
        image_uri: Of a container image.
        source_kms_key_arn: Of the key of its package; empty for AWS's own.
        s3_object: What it refers to in S3 (S3Object's fields by name); None where Lambda had a copy.
    """

    version: str
    request: Raw
    code_sha256: str = ""
    image_uri: str = ""
    source_kms_key_arn: str = ""
    s3_object: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"KeptVersion({self.version!r})"


def kept_object(detail: FunctionDetail) -> dict[str, str] | None:
    """What a function refers to in S3, as a KeptVersion has it."""
    return asdict(detail.s3_object) if detail.s3_object is not None else None


@dataclass(frozen=True, slots=True)
class Belongings:
    """All of it. A qualifier is an alias, a version or, for $LATEST, empty.

    Attributes:
        versions: The oldest first.
        aliases: AliasConfigurations.
        mappings: EventSourceMappingConfigurations.
        statements: Of resource-based policies, each with its qualifier.
        urls: FunctionUrlConfigs, each with its qualifier.
        asynchronous: FunctionEventInvokeConfigs, each with its qualifier.
        provisioned: How many concurrent executions were requested, by alias or version.
        runtimes: Answers of GetRuntimeManagementConfig, each with its qualifier, but for AWS's default.
        recursion: "Allow", or whatever was set; empty for AWS's default.
        log_group: Where the logs went.
        retention_days: How long they were kept; None for ever.
    """

    versions: tuple[KeptVersion, ...] = ()
    aliases: tuple[Raw, ...] = ()
    mappings: tuple[Raw, ...] = ()
    statements: tuple[tuple[str, Raw], ...] = ()
    urls: tuple[tuple[str, Raw], ...] = ()
    asynchronous: tuple[tuple[str, Raw], ...] = ()
    provisioned: tuple[tuple[str, int], ...] = ()
    runtimes: tuple[tuple[str, Raw], ...] = ()
    recursion: str = ""
    log_group: str = ""
    retention_days: int | None = None

    def __repr__(self) -> str:
        return f"Belongings({', '.join(self.words())})"

    def to_json(self) -> str:
        """All of it as a text."""
        return json.dumps(asdict(self), default=_moment, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Belongings":
        """Again from the text. Raises ValueError, TypeError or LookupError where it is damaged."""
        found = json.loads(text)
        values = {each.name: found[each.name] for each in fields(cls) if each.name in found}
        for name in ("aliases", "mappings"):
            values[name] = tuple(values.get(name, ()))
        for name in ("statements", "urls", "asynchronous", "provisioned", "runtimes"):
            values[name] = tuple((str(qualifier), value) for qualifier, value in values.get(name, ()))
        values["versions"] = tuple(KeptVersion(**each) for each in values.get("versions", ()))
        return cls(**values)

    def words(self) -> tuple[str, ...]:
        """How many of each there are, for people."""
        counted = (
            (len(self.versions), "version", "versions"),
            (len(self.aliases), "alias", "aliases"),
            (len(self.mappings), "event source mapping", "event source mappings"),
            (len(self.statements), "permission", "permissions"),
            (len(self.urls), "function URL", "function URLs"),
            (len(self.asynchronous), "asynchronous configuration", "asynchronous configurations"),
            (len(self.provisioned), "provisioned concurrency", "provisioned concurrencies"),
            (len(self.runtimes), "runtime update setting", "runtime update settings"),
            (int(bool(self.recursion)), "recursion setting", ""),
            (int(self.retention_days is not None), "log retention", ""),
        )
        return tuple(f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(value)
