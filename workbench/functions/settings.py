"""All settings of a function as one value: reading, limits, differences, drafts on disk, and .env files."""

import hashlib
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

from workbench.aws.connection import Connection
from workbench.aws.quotas import NumberLimit, TextLimit, known_values, number_limit, text_limit
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.configuration import ROWS, UNLIMITED, Pairs, Settings
from workbench.functions.detail import find, find_log_group
from workbench.functions.model import FunctionDetail


@dataclass(frozen=True, slots=True)
class Section:
    """A group of settings.

    Attributes:
        name: For tests and style sheets.
        title: AWS's name of the section.
        settings: Attributes of Settings, in order.
    """

    name: str
    title: str
    settings: tuple[str, ...]

    def applies(self, detail: FunctionDetail) -> bool:
        """Whether a function has any of the settings."""
        return any(has_setting(detail, name) for name in self.settings)


def has_setting(detail: FunctionDetail, name: str) -> bool:
    """Whether a function has a setting: an image has no handler."""
    return ROWS[name].has(detail)


_FIRST = {
    "general": ("description", "image_uri", "runtime", "architecture"),
    "concurrency": ("reserved_concurrency", "provisioned"),
    "logging": ("log_group", "log_retention_days"),
    "runtimeUpdates": ("runtime_update_mode", "runtime_version_arn", "code_signing_config_arn"),
}
"""The first settings by section. The others follow in the order of the rows."""


def sections() -> tuple[Section, ...]:
    """All sections, in the order shown."""
    titles = {
        "general": _("General configuration"),
        "environment": _("Environment variables"),
        "permissions": _("Permissions"),
        "concurrency": _("Concurrency and recursion"),
        "layers": _("Layers"),
        "logging": _("Logging and tracing"),
        "vpc": _("VPC"),
        "fileSystems": _("File systems"),
        "deadLetterQueue": _("Dead-letter queue"),
        "image": _("Image configuration"),
        "runtimeUpdates": _("Runtime and code signing"),
        "managed": _("Managed instances"),
        "durable": _("Durable execution"),
        "tags": _("Tags"),
    }
    return tuple(Section(name, title, _names_in(name)) for name, title in titles.items())


def _names_in(section: str) -> tuple[str, ...]:
    first = _FIRST.get(section, ())
    others = (name for name, row in ROWS.items() if row.section == section and name not in first)
    return (*first, *others)


_TEXTS = {
    **{each.name: each.text for each in ROWS.values() if each.text},
    "mount_path": "LocalMountPath",
    "variable": "EnvironmentVariableName",
    "tag": "TagKey",
    "tag_value": "TagValue",
}
_NUMBERS = {each.name: each.number for each in ROWS.values() if each.number not in ("", UNLIMITED)}
_VALUES = {
    **{each.name: each.values for each in ROWS.values() if each.values},
    "direct_s3_read": "DirectS3Read",
}
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Valid retention of a log group.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
TAGS_LIMIT = 50
"""Maximum of tags per function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html"""
SUBNETS_LIMIT, SECURITY_GROUPS_LIMIT = 16, 5
"""Source: SubnetIds and SecurityGroupIds in the service model."""
MEMORY_GIB_PER_VCPU = (2.0, 8.0)
"""Source: ExecutionEnvironmentMemoryGiBPerVCpu in the service model."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits by attribute of Settings; for texts also by "variable", "tag", "mount_path"."""

    texts: tuple[tuple[str, TextLimit], ...]
    numbers: tuple[tuple[str, NumberLimit], ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]

    def text(self, name: str) -> TextLimit | None:
        """The limits of a text; None if the model has none."""
        return dict(self.texts).get(name)

    def number(self, name: str) -> NumberLimit | None:
        return dict(self.numbers).get(name)

    def known(self, name: str) -> tuple[str, ...]:
        """The known values. AWS may accept others."""
        return dict(self.values).get(name, ())


def load_limits() -> Limits:
    """Reads the service model, which takes a moment the first time: not for the main thread."""
    return Limits(
        tuple((name, _for_python(text_limit(shape))) for name, shape in _TEXTS.items()),
        tuple((name, number_limit(shape)) for name, shape in _NUMBERS.items()),
        tuple((name, known_values(shape)) for name, shape in _VALUES.items()),
    )


def _for_python(limit: TextLimit) -> TextLimit:
    """Converts the model's Java patterns: Python has no Unicode categories for letters, spaces and digits."""
    return replace(limit, pattern=limit.pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s"))


ENVIRONMENT = "environment"
KEYED = (ENVIRONMENT, "tags", "provisioned")
"""Settings with several named values, each of which counts as a setting."""
SCALED = "$LATEST.PUBLISHED"
"""What the number of execution environments applies to. Source: pattern of the qualifier in the service
model."""


NAMES = tuple(ROWS)


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that was changed.

    Attributes:
        name: The attribute of Settings.
        key: The key for a setting in KEYED; otherwise empty.
        old: The old value; None if there was none. Never printed: it may be a secret.
        new: The new value.
    """

    name: str
    key: str
    old: object = field(repr=False)
    new: object = field(repr=False)

    @property
    def setting(self) -> tuple[str, str]:
        """Name and key."""
        return self.name, self.key

    @property
    def secret(self) -> bool:
        """Whether its values are hidden by default."""
        return self.name == ENVIRONMENT

    def reversed(self) -> "SettingChange":
        """The change that undoes this one."""
        return SettingChange(self.name, self.key, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that the user and somebody else have changed to different values.

    Attributes:
        mine: From what the user saw to what the user wants.
        theirs: The current value; None if there is none.
    """

    mine: SettingChange
    theirs: object = field(repr=False)


def changes(old: object, new: object, names: Iterable[str] = NAMES) -> tuple[SettingChange, ...]:
    """The settings that differ, in the order of the names; variables, tags and qualifiers one by one.

    Args:
        old: Settings, or a FunctionDetail with these attributes. Likewise new.
    """
    return tuple(_changes(old, new, names))


def with_changes(settings: Settings, wanted: Collection[SettingChange]) -> Settings:
    """The settings with these changes applied, whatever the current values."""
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
    """A setting's value; None if the variable, tag or qualifier does not exist."""
    value: object = getattr(settings, name)
    return dict(getattr(settings, name)).get(key) if name in KEYED else value


def conflicts(wanted: Collection[SettingChange], now: Settings) -> tuple[Conflict, ...]:
    """The changes whose setting has neither the value that the user saw nor the wanted one."""
    found = []
    for each in wanted:
        present = value_at(now, *each.setting)
        if present not in (each.old, each.new):
            found.append(Conflict(each, present))
    return tuple(found)


def _changes(old: object, new: object, names: Iterable[str]) -> Iterator[SettingChange]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if name not in KEYED:
            yield SettingChange(name, "", before, after)
            continue
        was, now = dict(before), dict(after)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                yield SettingChange(name, key, was.get(key), now.get(key))


OTHERS = (
    "min_environments",
    "max_environments",
    "provisioned",
    "recursion",
    "runtime_update_mode",
    "runtime_version_arn",
    "code_signing_config_arn",
    "log_retention_days",
)
"""Settings that GetFunction does not answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A function and its settings at one time.

    Attributes:
        unread: Settings that could not be read, with the reason; they cannot be changed.
        notes: Notes on settings by name, such as the progress of provisioned concurrency.
    """

    detail: FunctionDetail
    settings: Settings
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @classmethod
    def first(cls, detail: FunctionDetail, why: str) -> "Reading":
        """A reading of GetFunction alone; `why` is the reason for the settings that are missing."""
        unread = [*_hidden(detail), *((name, why) for name in OTHERS)]
        return cls(detail, Settings.of(detail), tuple(unread))


def read_others(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Reading:
    """Reads what GetFunction does not answer. Refusals are noted. Raises Cancelled."""
    unread = list(_hidden(detail))
    notes: list[tuple[str, str]] = []
    found: dict[str, Any] = {}
    is_image = detail.package_type == "Image"
    for names, read in _READERS:
        if is_image and read in (_runtime_updates, _code_signing):
            continue  # an image contains its runtime, and Lambda does not sign it
        ctx.check()
        try:
            found |= read(connection, detail, ctx, notes)
        except WorkbenchError as error:
            unread += [(name, str(error)) for name in names]
    return Reading(detail, Settings.of(detail, **found), tuple(unread), tuple(notes))


def with_detail(reading: Reading, detail: FunctionDetail) -> Reading:
    """The reading with a newer FunctionDetail."""
    others = {name: getattr(reading.settings, name) for name in OTHERS}
    unread = (*_hidden(detail), *(each for each in reading.unread if each[0] in OTHERS))
    return replace(reading, detail=detail, settings=Settings.of(detail, **others), unread=unread)


def _hidden(detail: FunctionDetail) -> tuple[tuple[str, str], ...]:
    """What GetFunction was not allowed to show."""
    hidden = (
        ("environment", detail.environment_error),
        ("tags", detail.tags_error),
        ("reserved_concurrency", detail.code_error),
        ("image_uri", detail.code_error),
    )
    return tuple((name, why) for name, why in hidden if why)


_Notes = list[tuple[str, str]]


def _provisioned(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    found = {}
    for each in list_provisioned(connection, detail.function_name, ctx):
        qualifier = str(each["FunctionArn"]).rpartition(":")[2]
        requested = int(each.get("RequestedProvisionedConcurrentExecutions") or 0)
        found[qualifier] = requested
        status, reason = each.get("Status") or "", each.get("StatusReason") or ""
        allocated = each.get("AllocatedProvisionedConcurrentExecutions", 0)
        notes.append(("provisioned", f"{qualifier}: {allocated} / {requested} {status} {reason}".rstrip()))
    return {"provisioned": tuple(sorted(found.items()))}


def list_provisioned(connection: Connection, function_name: str, ctx: JobContext) -> Iterator[dict[str, Any]]:
    """The provisioned concurrency of a function's versions and aliases, as AWS answers it."""
    return connection.items(
        "lambda",
        "list_provisioned_concurrency_configs",
        ctx=ctx,
        failure=_("Could not read the provisioned concurrency of {function_name}.").format(
            function_name=function_name
        ),
        FunctionName=function_name,
    )


def _scaling(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    """Only for managed instances: AWS refuses the call for other functions."""
    if not detail.capacity_provider_arn:
        return {}
    answer = find(
        connection,
        "get_function_scaling_config",
        _("Could not read the scaling configuration of {function_name}.").format(
            function_name=detail.function_name
        ),
        FunctionName=detail.function_name,
        Qualifier=SCALED,
    )
    wanted, applied = (answer.get(f"{word}FunctionScalingConfig") or {} for word in ("Requested", "Applied"))
    if applied and applied != wanted:
        words = " – ".join(str(applied.get(f"{end}ExecutionEnvironments", "?")) for end in ("Min", "Max"))
        notes.append(("max_environments", _("{words} applied so far").format(words=words)))
    return {
        "min_environments": wanted.get("MinExecutionEnvironments"),
        "max_environments": wanted.get("MaxExecutionEnvironments"),
    }


def _retention(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, _notes: _Notes
) -> dict[str, Any]:
    """The retention of the log group of exactly this name; a future log group will have no expiry."""
    failure = _("Could not read the retention of {log_group}.").format(log_group=detail.log_group)
    group = find_log_group(connection, detail.log_group, failure, ctx)
    return {"log_retention_days": group.get("retentionInDays")}


def _account(
    connection: Connection, detail: FunctionDetail, _ctx: JobContext, notes: _Notes
) -> dict[str, Any]:
    try:
        answer = connection.call(
            "lambda", "get_account_settings", failure=_("Could not read the account's limits.")
        )
    except WorkbenchError as error:
        notes.append(("reserved_concurrency", str(error)))
        return {}
    limit = answer.get("AccountLimit") or {}
    total, free = limit.get("ConcurrentExecutions"), limit.get("UnreservedConcurrentExecutions")
    if total is not None and free is not None:
        notes.append(("reserved_concurrency", f"{detail.region}: {free:,} / {total:,} unreserved"))
    return {}


def _ask(
    method: str, members: Mapping[str, tuple[str, str]]
) -> Callable[[Connection, FunctionDetail, JobContext, _Notes], dict[str, Any]]:
    """Reads settings that are members of an answer: by name, the member and AWS's default."""

    def read(
        connection: Connection, detail: FunctionDetail, _ctx: JobContext, _notes: _Notes
    ) -> dict[str, Any]:
        name = detail.function_name
        failure = _("Could not read a setting of {function_name}.").format(function_name=name)
        answer = connection.call("lambda", method, failure=failure, FunctionName=name)
        return {name: str(answer.get(member) or default) for name, (member, default) in members.items()}

    return read


_recursion = _ask("get_function_recursion_config", {"recursion": ("RecursiveLoop", "")})
_runtime_updates = _ask(
    "get_runtime_management_config",
    {"runtime_update_mode": ("UpdateRuntimeOn", "Auto"), "runtime_version_arn": ("RuntimeVersionArn", "")},
)
_code_signing = _ask(
    "get_function_code_signing_config", {"code_signing_config_arn": ("CodeSigningConfigArn", "")}
)
_Reader = Callable[[Connection, FunctionDetail, JobContext, _Notes], dict[str, Any]]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("log_retention_days",), _retention),
    (("recursion",), _recursion),
    (("runtime_update_mode", "runtime_version_arn"), _runtime_updates),
    (("code_signing_config_arn",), _code_signing),
    (("provisioned",), _provisioned),
    (("min_environments", "max_environments"), _scaling),
    ((), _account),  # this is only a note
)


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The file of one function."""

    function_arn: str
    changes: tuple[SettingChange, ...]


_FORMAT = codec.Format(_Draft)


class SettingsDrafts:
    """The drafts of all functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> tuple[SettingChange, ...]:
        """The unsent changes; empty if the file cannot be read."""
        kept = _FORMAT.load(self._path(function_arn))
        try:
            return tuple(_typed(each) for each in kept.changes if each.name in NAMES) if kept else ()
        except codec.Damaged as error:
            path = self._path(function_arn)
            _log.warning("%s was damaged and is now %s: %s", path, codec.set_aside(path), error)
            return ()

    def keep(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Stores the unsent changes; deletes the file if there are none. Raises WorkbenchError."""
        path = self._path(function_arn)
        if not changes:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise explain_os_error(error, _("The changes could not be discarded."), path) from error
            return
        _FORMAT.write(path, _Draft(function_arn, tuple(changes)))

    def _path(self, function_arn: str) -> Path:
        return self._folder / f"{hashlib.sha256(function_arn.encode()).hexdigest()[:32]}.json"


def _typed(change: SettingChange) -> SettingChange:
    """A change with values as in Settings, since JSON has no tuples. Raises Damaged."""
    kind: Any = str | int if change.name in KEYED else get_type_hints(Settings)[change.name]
    old, new = (codec.convert(value, kind | None) for value in (change.old, change.new))
    return replace(change, old=old, new=new)


_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_WRITTEN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "$": "\\$"}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The content of a .env file.

    Attributes:
        variables: In the order of the file; the last value of a repeated name.
        unread: Numbers of lines that are neither a variable, nor empty, nor a comment.
    """

    variables: Pairs
    unread: tuple[int, ...]


def read_dotenv(text: str) -> ReadFile:
    """Reads `NAME=value` lines as dotenv does.

    It knows `export`, comments, single and double quotes, and values of several lines. Nothing is
    substituted: `$HOME` stays as it is.
    """
    found: dict[str, str] = {}
    unread: list[int] = []
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            unread.append(start + 1)
            continue
        name, rest = match.groups()
        quote = rest[:1]
        if quote not in ('"', "'"):
            found[name] = re.split(r"\s+#", rest, maxsplit=1)[0].strip()
            continue
        body = rest[1:]
        while (end := _end_of(body, quote)) < 0 and number < len(lines):
            body += "\n" + lines[number]
            number += 1
        if end < 0:
            unread.append(start + 1)
            number = start + 1  # the quote is never closed: the following lines are read on their own
            continue
        found[name] = body[:end] if quote == "'" else _unescaped(body[:end])
    return ReadFile(tuple(found.items()), tuple(unread))


def write_dotenv(variables: Pairs) -> str:
    """A .env file that `read_dotenv` and other readers can read."""
    return "".join(f"{name}={_written(value)}\n" for name, value in variables)


def _written(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_WRITTEN.get(letter, letter) for letter in value) + '"'


def _end_of(text: str, quote: str) -> int:
    place = 0
    while place < len(text):
        if text[place] == "\\" and quote == '"':
            place += 2
            continue
        if text[place] == quote:
            return place
        place += 1
    return -1


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text, flags=re.DOTALL)
