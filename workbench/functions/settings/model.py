"""What can be set of a function, as one value, and the differences between two of them. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from workbench.functions.model import FileSystem, FunctionDetail

Pairs = tuple[tuple[str, str], ...]

ENVIRONMENT = "environment"
KEYED = (ENVIRONMENT, "tags", "provisioned")
"""Settings that are many by a name, each of which is a setting of its own."""
SCALED = "$LATEST.PUBLISHED"
"""What the number of environments belongs to. Source: the service model's pattern of the qualifier."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. The names are those of FunctionDetail, where that has them.

    Attributes:
        architecture: "x86_64" or "arm64"; AWS takes another only together with the code.
        image_uri: Of a container image; empty for a zip.
        environment: Names and values, sorted by name.
        provisioned: Qualifier (an alias or a version) and how many environments stand ready, sorted.
        recursion: "Terminate" (Lambda stops loops) or "Allow".
        runtime_update_mode: "Auto", "FunctionUpdate" or "Manual"; empty for a container image.
        runtime_version_arn: The runtime's version that "Manual" stays with.
        min_environments: Of a function on managed instances: how many execution environments are kept; so
            max_environments. They belong to what was published last ($LATEST.PUBLISHED).
        code_signing_config_arn: Empty when unsigned code is taken.
        log_retention_days: Of the log group; None when logs are kept for ever.
    """

    description: str = ""
    runtime: str = ""
    architecture: str = "x86_64"
    image_uri: str = ""
    handler: str = ""
    memory_mb: int = 128
    timeout_s: int = 3
    ephemeral_storage_mb: int = 512
    snap_start: str = "None"
    role_arn: str = ""
    environment: Pairs = field(default=(), repr=False)
    kms_key_arn: str = ""
    layers: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    ipv6_dual_stack: bool = False
    file_systems: tuple[FileSystem, ...] = ()
    dead_letter_arn: str = ""
    tracing: str = "PassThrough"
    log_group: str = ""
    log_format: str = "Text"
    application_log_level: str = ""
    system_log_level: str = ""
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""
    capacity_provider_arn: str = ""
    environment_concurrency: int | None = None
    memory_gib_per_vcpu: float | None = None
    min_environments: int | None = None
    max_environments: int | None = None
    durable_retention_days: int | None = None
    durable_timeout_s: int | None = None
    durable_kms_key_arn: str = ""
    tags: Pairs = ()
    reserved_concurrency: int | None = None
    provisioned: tuple[tuple[str, int], ...] = ()
    recursion: str = ""
    runtime_update_mode: str = ""
    runtime_version_arn: str = ""
    code_signing_config_arn: str = ""
    log_retention_days: int | None = None

    @classmethod
    def of(cls, detail: FunctionDetail, **others: Any) -> "Settings":
        """From a function, and from what GetFunction does not say."""
        known = {each.name for each in fields(detail)}
        values = {each.name: getattr(detail, each.name) for each in fields(cls) if each.name in known}
        values["architecture"] = detail.architectures[0] if detail.architectures else "x86_64"
        return cls(**(values | others))


NAMES = tuple(each.name for each in fields(Settings))


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is not what it was.

    Attributes:
        name: The attribute of Settings.
        key: Which one, for those in KEYED; else empty.
        old: What it was; None when there was none. Never printed: it may be a secret.
        new: What it is.
    """

    name: str
    key: str
    old: object = field(repr=False)
    new: object = field(repr=False)

    @property
    def place(self) -> tuple[str, str]:
        """Which setting it is."""
        return self.name, self.key

    @property
    def secret(self) -> bool:
        """Whether its values are not to be shown unasked."""
        return self.name == ENVIRONMENT

    def reversed(self) -> "Change":
        """What takes it back."""
        return Change(self.name, self.key, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that a person changed, and somebody else meanwhile, too, to something else.

    Attributes:
        mine: From what the person saw to what the person wants.
        theirs: What it is now; None when there is none.
    """

    mine: Change
    theirs: object = field(repr=False)


def changes(old: Settings, new: Settings) -> tuple[Change, ...]:
    """The settings that differ, in the order of Settings; variables, tags and qualifiers one by one."""
    return tuple(_changes(old, new))


def with_changes(settings: Settings, wanted: Collection[Change]) -> Settings:
    """The settings with these changes made, whatever stood there before."""
    values: dict[str, Any] = {each.name: each.new for each in wanted if each.name not in KEYED}
    for name in KEYED:
        if not any(each.name == name for each in wanted):
            continue
        pairs = dict(getattr(settings, name))
        for each in wanted:
            if each.name == name:
                pairs[each.key] = each.new
        values[name] = tuple(sorted((key, value) for key, value in pairs.items() if value is not None))
    return replace(settings, **values)


def value_at(settings: Settings, name: str, key: str) -> object:
    """A setting's value; None when there is no such variable, tag or qualifier."""
    value: object = getattr(settings, name)
    return dict(getattr(settings, name)).get(key) if name in KEYED else value


def conflicts(wanted: Collection[Change], now: Settings) -> tuple[Conflict, ...]:
    """Those changes whose setting is neither what the person saw nor what the person wants."""
    found = []
    for each in wanted:
        present = value_at(now, *each.place)
        if present not in (each.old, each.new):
            found.append(Conflict(each, present))
    return tuple(found)


def _changes(old: Settings, new: Settings) -> Iterator[Change]:
    for name in NAMES:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if name not in KEYED:
            yield Change(name, "", before, after)
            continue
        was, now = dict(before), dict(after)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                yield Change(name, key, was.get(key), now.get(key))
