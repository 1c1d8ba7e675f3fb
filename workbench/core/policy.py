"""The policy that an administrator sets for this computer: which features Workbench must not offer.

One file, at a path that no environment variable can change, owned by the administrator and writable by nobody
else. It is read once, before anything is started. No file means no policy. A file that cannot be read or
parsed, or may have been written by somebody else, counts as the strictest policy (`Policy.strictest`), so
that an attacker cannot remove a rule by damaging the file.

    {
     "forbid": ["sandbox", "local-runs", "installs", "own-endpoints", "stored-keys", "raw-keys"],
     "tiers": [{"tier": "production", "accounts": ["123456789012"]},
               {"tier": "read-only", "profiles": ["audit-*"]}],
     "retention": {"invocations_days": 30, "packages_days": 90}
    }
"""

import errno
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

SET_BY_ORGANISATION = _("Set by your organization")
"""The reason shown wherever a rule of the policy is in force."""

SHOW_ACTION = "help.policy"
"""Id of the action that lists the rules in force."""

MAX_BYTES = 64 * 1024
MAX_DAYS = 36_500

ForcedTier = Literal["production", "read-only"]

_ADMINISTRATOR_UID = 0
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Does not follow links, and does not block on a named pipe."""
_ACCOUNT_PATTERN = re.compile(r"[0-9?*]{1,12}")
_MAX_QUOTED = 40


class Rule(Enum):
    """What a policy can forbid. Values are the words in the file."""

    SANDBOX = "sandbox"
    """Starting the local AWS that comes with Workbench."""
    LOCAL_RUNS = "local-runs"
    """Running or debugging a function's code on this computer outside the Sandbox, which SANDBOX forbids."""
    INSTALLS = "installs"
    """Installing a function's dependencies with uv or npm."""
    OWN_ENDPOINTS = "own-endpoints"
    """Sending requests to servers other than AWS's. The Sandbox does not count."""
    STORED_KEYS = "stored-keys"
    """Storing long-lived access keys on this computer, and providing stored ones."""
    RAW_KEYS = "raw-keys"
    """Providing a stored long-lived key itself; temporary keys from it are allowed."""


_NOT_ALLOWED = {
    Rule.SANDBOX: _("the Sandbox cannot be started on this computer."),
    Rule.LOCAL_RUNS: _("functions cannot be run or debugged on this computer outside the Sandbox."),
    Rule.INSTALLS: _("dependencies cannot be installed on this computer."),
    Rule.OWN_ENDPOINTS: _("requests can only be sent to AWS."),
    Rule.STORED_KEYS: _("Workbench cannot store long-term access keys on this computer."),
    Rule.RAW_KEYS: _("a stored access key cannot be handed out, only temporary credentials."),
}


@dataclass(frozen=True, slots=True)
class TierRule:
    """A minimum tier of profiles.

    Attributes:
        tier: "production", or "read-only", which is stricter.
        profiles: Patterns of profile names with * and ?.
        accounts: Patterns of account ids. A rule without any pattern applies to all profiles.
    """

    tier: ForcedTier
    profiles: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def is_for(self, profile_name: str, account_ids: Iterable[str]) -> bool:
        """Whether it applies to a profile, by its name or one of its accounts."""
        if not self.profiles and not self.accounts:
            return True
        return any(fnmatchcase(profile_name, each) for each in self.profiles) or any(
            fnmatchcase(account_id, each) for account_id in account_ids for each in self.accounts
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force. Without arguments everything is allowed.

    Attributes:
        invocations_days: Days after which an invocation's record is deleted. 0: payloads, answers and logs
            are never written, and the remaining figures are deleted after one day. None: no limit.
        packages_days: Days after which packages of earlier deploys, and copies of deleted functions, are
            deleted. None: no limit.
        path: Its file; None if there is no policy.
        problem: Why the file is not trusted; the strictest policy is in force then.
    """

    forbidden: frozenset[Rule] = frozenset()
    tiers: tuple[TierRule, ...] = ()
    invocations_days: int | None = None
    packages_days: int | None = None
    path: Path | None = None
    problem: WorkbenchError | None = None

    @classmethod
    def strictest(cls, path: Path, why: str) -> "Policy":
        """The policy if the file cannot be trusted.

        Everything that a policy can forbid is forbidden, every profile is read-only, and no payload is
        written. Nothing on the disk is deleted, since that could not be undone once the file is corrected.
        """
        problem = WorkbenchError(
            _("Your organization's policy cannot be trusted, so the strictest rules apply."),
            why,
            _("Inform the administrator of this computer. The policy is read again when Workbench starts."),
            action=SHOW_ACTION,
        )
        return cls(frozenset(Rule), (TierRule("read-only"),), 0, None, path, problem)

    @property
    def keeps_payloads(self) -> bool:
        """Whether payloads, answers and logs of invocations may be written to disk."""
        return self.invocations_days != 0

    @property
    def max_invocation_age_days(self) -> int | None:
        """Maximum age of an invocation's record; None for no limit."""
        if self.invocations_days is None or self.problem is not None:
            return None
        return max(self.invocations_days, 1)

    def forbids(self, rule: Rule) -> bool:
        return rule in self.forbidden or (rule is Rule.RAW_KEYS and Rule.STORED_KEYS in self.forbidden)

    def refusal(self, rule: Rule, what: str) -> WorkbenchError | None:
        """The error if something is forbidden; None if it is allowed.

        Args:
            what: What is not done, in one sentence ("The Sandbox was not started.").
        """
        if not self.forbids(rule):
            return None
        return WorkbenchError(
            what,
            f"{SET_BY_ORGANISATION}: {_NOT_ALLOWED[rule]}",
            _("Ask the administrator of this computer if you need a change."),
            action=SHOW_ACTION,
        )

    def check(self, rule: Rule, what: str) -> None:
        """Raises the WorkbenchError of `refusal` if something is forbidden."""
        if (refusal := self.refusal(rule, what)) is not None:
            raise refusal

    def forced_tier(self, profile_name: str, account_ids: Iterable[str]) -> ForcedTier | None:
        """The strictest tier that is forced on a profile.

        Args:
            profile_name: Empty for the keys of the environment.
            account_ids: The known accounts of the profile.
        """
        known = tuple(account_ids)
        forced = {rule.tier for rule in self.tiers if rule.is_for(profile_name, known)}
        return "read-only" if "read-only" in forced else "production" if forced else None


NO_POLICY = Policy()
"""Everything is allowed. For creating a part of the program without a policy."""


def policy_path() -> Path:
    """The file of this computer. The environment, which a user may set, does not affect it."""
    if sys.platform == "win32":
        return program_data_folder() / "Workbench" / "policy.json"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/Workbench/policy.json")
    return Path("/etc/workbench/policy.json")


def read_policy(path: Path | None = None, owner_uid: int = _ADMINISTRATOR_UID) -> Policy:
    """Reads the policy of this computer. Never raises: see `Policy.strictest`.

    Args:
        path: Another file, for tests.
        owner_uid: Another owner than root, for tests that root does not run.
    """
    path = path or policy_path()
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except FileNotFoundError:
        return NO_POLICY
    except OSError as error:
        if error.errno == errno.ELOOP:
            return Policy.strictest(path, _("{path} is a link. It must be a file.").format(path=path))
        return Policy.strictest(
            path, _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror)
        )
    try:
        why, data = _untrusted(path, os.fstat(descriptor), owner_uid), b""
        if not why:
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Policy.strictest(
            path, _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror)
        )
    finally:
        os.close(descriptor)
    if why:
        return Policy.strictest(path, why)
    try:
        return _parse(data, path)
    except _Invalid as error:
        return Policy.strictest(path, f"{path}: {error}")


def _untrusted(path: Path, status: os.stat_result, owner_uid: int) -> str:
    """Why somebody other than the administrator may have written the file; empty if nobody can have."""
    if not stat.S_ISREG(status.st_mode):
        return _("{path} is not a regular file.").format(path=path)
    if sys.platform == "win32":
        return windows_fault(path, is_folder=False) or windows_fault(path.parent, is_folder=True)
    if fault := _mode_fault(path, status, owner_uid):
        return fault
    real = Path(os.path.realpath(path.parent))
    for folder in dict.fromkeys((*path.parents, real, *real.parents)):
        # Whoever may write to a folder can replace the files and folders in it.
        if fault := _mode_fault(folder, folder.lstat(), owner_uid):
            return fault
    return ""


def _mode_fault(path: Path, status: os.stat_result, owner_uid: int) -> str:
    if status.st_uid not in (_ADMINISTRATOR_UID, owner_uid):
        return _("{path} belongs to user {st_uid}. It must belong to the administrator (root).").format(
            path=path, st_uid=status.st_uid
        )
    if stat.S_ISLNK(status.st_mode):
        return ""  # a link has no mode; its target is checked, too
    is_shared = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX  # as /tmp: own entries only
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_shared:
        return _("{path} can be written by users other than its owner (mode {st_mode:o}).").format(
            path=path, st_mode=stat.S_IMODE(status.st_mode)
        )
    return ""


_WHOLE = _("the file")


class _Invalid(ValueError):
    """The text is not a policy. Says where, and what is wrong."""


def _parse(data: bytes, path: Path) -> Policy:
    if len(data) > MAX_BYTES:
        raise _Invalid(_("it is larger than {size_kb} KB.").format(size_kb=MAX_BYTES // 1024))
    try:
        values = json.loads(
            data.decode("utf-8-sig"),  # Windows' editors write a byte order mark
            object_pairs_hook=_members,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise _Invalid(_("byte {number} is not UTF-8 text.").format(number=error.start + 1)) from None
    except json.JSONDecodeError as error:
        raise _Invalid(
            _("line {line}, column {column}: {problem}.").format(
                line=error.lineno, column=error.colno, problem=error.msg
            )
        ) from None
    except RecursionError:
        raise _Invalid(_("it is nested too deeply.")) from None
    except _Invalid:
        raise
    except ValueError:
        raise _Invalid(_("it has a number with too many digits.")) from None
    top = _object(values, _WHOLE, ("forbid", "tiers", "retention"))
    retention = _object(top.get("retention", {}), "retention", ("invocations_days", "packages_days"))
    return Policy(
        frozenset(_rule(each, name) for name, each in _items(top.get("forbid", []), "forbid")),
        tuple(_tier_rule(each, name) for name, each in _items(top.get("tiers", []), "tiers")),
        _days(retention, "invocations_days", 0),
        _days(retention, "packages_days", 1),
        path,
    )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise _Invalid(_("the key {key} occurs twice.").format(key=_quoted(key)))
        members[key] = value
    return members


def _no_constant(name: str) -> object:
    raise _Invalid(_("{name} is not a valid JSON value.").format(name=name))


def _object(value: object, name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Invalid(_("{name} must be an object in braces.").format(name=name))
    for key in value:
        if key not in keys:
            words = (
                _("unknown key {key}. Valid keys are {names}.")
                if name == _WHOLE
                else _("unknown key {key} in {name}. Valid keys are {names}.")
            )
            raise _Invalid(words.format(key=_quoted(key), name=name, names=", ".join(keys)))
    return value


def _items(value: object, name: str) -> list[tuple[str, Any]]:
    if not isinstance(value, list):
        raise _Invalid(_("{name} must be a list in brackets.").format(name=name))
    return [(f"{name}[{number}]", each) for number, each in enumerate(value)]


def _rule(value: object, name: str) -> Rule:
    for rule in Rule:
        if rule.value == value:
            return rule
    raise _Invalid(
        _("{name} is {value}. It must be one of {names}.").format(
            name=name, value=_quoted(value), names=", ".join(rule.value for rule in Rule)
        )
    )


def _tier_rule(value: object, name: str) -> TierRule:
    members = _object(value, name, ("tier", "profiles", "accounts"))
    tier: ForcedTier
    match members.get("tier"):
        case "production" | "read-only" as tier:
            pass
        case other:
            raise _Invalid(
                _("{name}.tier is {other}. It must be production or read-only.").format(
                    name=name, other=_quoted(other)
                )
            )
    patterns = {}
    for key in ("profiles", "accounts"):
        found = _items(members[key], f"{name}.{key}") if key in members else []
        if key in members and not found:
            raise _Invalid(
                _("{name}.{key} is empty. Omit it to apply the rule to all {key}.").format(name=name, key=key)
            )
        for each_name, each in found:
            if not isinstance(each, str) or not each:
                raise _Invalid(_("{each_name} must be a string.").format(each_name=each_name))
            if key == "accounts" and not _ACCOUNT_PATTERN.fullmatch(each):
                raise _Invalid(
                    _("{each_name} is {value}. It must be an account ID, and can contain * or ?.").format(
                        each_name=each_name, value=_quoted(each)
                    )
                )
        patterns[key] = tuple(each for __, each in found)
    return TierRule(tier, patterns["profiles"], patterns["accounts"])


def _days(retention: Mapping[str, Any], key: str, lowest: int) -> int | None:
    if key not in retention:
        return None
    value = retention[key]
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= MAX_DAYS:
        raise _Invalid(
            _("retention.{key} must be a whole number of days from {lowest} to {longest}.").format(
                key=key, lowest=lowest, longest=MAX_DAYS
            )
        )
    return value


def _quoted(value: object) -> str:
    """A value from the file, short enough to be shown."""
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.encode("utf-8", "replace").decode()  # JSON can contain half of a character
    return f"“{text}”" if len(text) <= _MAX_QUOTED else f"“{text[:_MAX_QUOTED]}…”"


# Windows: who may change a file. It describes owner and access list as a text (SDDL), which is parsed here.
# Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/security-descriptor-string-format

_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_TRUSTED = frozenset({"BA", "SY", "S-1-5-32-544", "S-1-5-18", _TRUSTED_INSTALLER})
"""The administrators, the system, and its installer."""
_RIGHTS = {
    "GA": 0x1000_0000, "GX": 0x2000_0000, "GW": 0x4000_0000, "GR": 0x8000_0000,
    "SD": 0x1_0000, "RC": 0x2_0000, "WD": 0x4_0000, "WO": 0x8_0000,
    "FA": 0x1F_01FF, "FR": 0x12_0089, "FW": 0x12_0116, "FX": 0x12_00A0,
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
}  # fmt: skip
_OWNING = 0x1000_0000 | 0x1_0000 | 0x4_0000 | 0x8_0000
"""Deleting it, or taking every right."""
_CHANGES_FILE = _OWNING | 0x4000_0000 | 0x2 | 0x4
_CHANGES_FOLDER = _OWNING | 0x40
"""For a folder also deleting what is in it. All users may add files below ProgramData, which replaces
none."""
_OWNER = re.compile(r"O:(S-[\d-]+|[A-Z]{2})")
_ENTRY = re.compile(r"\(([^()]*)\)")


def fault_of(descriptor: str, path: Path, *, is_folder: bool) -> str:
    """Does what `windows_fault` does for a security descriptor; an empty one could not be read."""
    owner = _OWNER.match(descriptor)
    if owner is None:
        return _("The owner of {path} cannot be read.").format(path=path)
    if owner[1] not in _TRUSTED:
        return _("{path} belongs to {owner}. It must belong to the administrators.").format(
            path=path, owner=owner[1]
        )
    access = descriptor.partition("D:")[2].partition("S:")[0]
    if "NO_ACCESS_CONTROL" in access or "(" not in access:
        return _("{path} has no access list.").format(path=path)
    changes = _CHANGES_FOLDER if is_folder else _CHANGES_FILE
    for entry in _ENTRY.findall(access):
        fields: list[str] = [*entry.split(";"), "", "", "", "", ""]
        kind, flags, rights, sid = fields[0], fields[1], fields[2], fields[5]
        if not kind.startswith(("A", "XA")) or "IO" in re.findall("..", flags) or sid in _TRUSTED:
            continue
        if _mask(rights) & changes:
            return _("{path} can be changed by {sid}, not only by the administrators.").format(
                path=path, sid=sid
            )
    return ""


def _mask(rights: str) -> int:
    """Rights as bits; unknown ones count as all."""
    try:
        if rights[:1].isdigit():
            return int(rights, 0)
        mask = 0
        for each in re.findall("..?", rights):
            mask |= _RIGHTS[each]
        return mask
    except (KeyError, ValueError):
        return _RIGHTS["GA"]


if sys.platform == "win32":
    import ctypes
    import uuid

    def program_data_folder() -> Path:
        r"""C:\ProgramData according to Windows. The user may set the variable ProgramData."""
        known = uuid.UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97").bytes_le  # FOLDERID_ProgramData
        found = ctypes.c_wchar_p()
        if ctypes.windll.shell32.SHGetKnownFolderPath(known, 0, None, ctypes.byref(found)) or not found.value:
            return Path(r"C:\ProgramData")
        folder = Path(found.value)
        ctypes.windll.ole32.CoTaskMemFree(found)
        return folder

    def windows_fault(path: Path, *, is_folder: bool) -> str:
        """Why others than the administrators may have changed a file or folder; empty if nobody can have."""
        return fault_of(_descriptor(path), path, is_folder=is_folder)

    def _descriptor(path: Path) -> str:
        owner_and_access, file_object, revision = 0x1 | 0x4, 1, 1
        found, text = ctypes.c_void_p(), ctypes.c_wchar_p()
        security, local = ctypes.windll.advapi32, ctypes.windll.kernel32
        if security.GetNamedSecurityInfoW(
            str(path), file_object, owner_and_access, None, None, None, None, ctypes.byref(found)
        ):
            return ""
        try:
            if not security.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                found, revision, owner_and_access, ctypes.byref(text), None
            ):
                return ""
            descriptor = text.value or ""
            local.LocalFree(text)
            return descriptor
        finally:
            local.LocalFree(found)
