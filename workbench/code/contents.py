"""The contents of a deployment package as a value; which names are safe in it, and which look like secrets.

Packages made by different tools differ in bytes and therefore in CodeSha256, although they contain the same
code. `Contents` tells whether the code is the same and which files changed, without unpacking anything. Paths
in a package are relative, with `/` between their parts.

Nothing here reads the disk, and each name is checked once: for ordinary files a few comparisons decide.
Sources: the names that git, AWS, Google Cloud, Terraform, OpenSSH, npm, PyPI and Docker give to files with
credentials; https://github.com/github/gitignore for the names that projects keep out of version control.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from workbench.core.files import DEVICE_NAMES, MISLEADING
from workbench.core.messages import _

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]|[ .](?:/|$)')

_LONGEST_BYTES = 255

# Dropping these never changes what a function does. A compiled file in __pycache__ would do harm: all time
# stamps in a package are equal, so Python could take an old one for the current source.
_NEVER_PACKED = frozenset(
    {
        "__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea",
        ".DS_Store", "Thumbs.db", ".venv", ".tox", ".nox",
    }
)  # fmt: skip
_NEVER_PACKED_BELOW = "node_modules/.cache"
_UNFINISHED_PREFIX = ".workbench-"
"""Prefix of files that are being written in a folder where every file counts."""

ENVIRONMENT_MARK = "pyvenv.cfg"
"""The file that makes a folder a Python virtual environment. Source: PEP 405."""


def fault_in_name(name: str) -> str:
    """Why a path may not be written below a workspace, in words; empty if it may."""
    if not name:
        return _("it is empty")
    if _CONTROL.search(name):
        return _("it contains a control character")
    if "\\" in name:
        return _("it contains a backslash, which Lambda does not treat as a folder separator")
    if name.startswith("/"):
        return _("it is an absolute path")
    if _DRIVE.match(name):
        return _("it contains a drive letter")
    if ".." in name.split("/"):
        return _("it leaves the folder through '..'")
    if not name.isascii() and any(0xD800 <= ord(character) < 0xE000 for character in name):
        return _("it is not valid Unicode")
    if os.name == "nt" and (_NOT_ON_WINDOWS.search(name) or _device_in(name)):
        return _("Windows does not allow the name")
    return ""


def _device_in(name: str) -> str:
    """The part of a path that Windows takes for a device; empty if there is none."""
    parts = name.split("/")
    return next((each for each in parts if each.partition(".")[0].rstrip().upper() in DEVICE_NAMES), "")


def fault_in_new_name(name: str) -> str:
    """Why the user should not use this name, in words; empty if it is fine.

    Stricter than `fault_in_name`: what others have deployed is accepted, but a new name must be valid on
    every system. Source: Microsoft's "Naming Files, Paths, and Namespaces".
    """
    if fault := fault_in_name(name):
        return fault
    if _NOT_ON_WINDOWS.search(name):
        return _('Windows does not allow a name that contains < > : " | ? * or ends with a space or period')
    if MISLEADING.search(name):
        return _("it contains a character that makes it look like another name")
    if device := _device_in(name):
        return _("{part} is a reserved device name on Windows").format(part=device)
    for part in name.split("/"):
        if len(part.encode()) > _LONGEST_BYTES:
            return _("a name cannot be longer than {longest_bytes} bytes").format(
                longest_bytes=_LONGEST_BYTES
            )
    return ""


def normalised(name: str) -> str:
    """A safe name without '.' and empty parts: `./a//b/` becomes `a/b`. Empty for the folder itself."""
    path = str(PurePosixPath(name))
    return "" if path == "." else path


_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", "git~1", "hg~1", "svn~1"})
"""Folders whose configuration Git, Mercurial and Subversion obey, and their short names on Windows."""
_IGNORED_IN_NAMES = re.compile("[\u200c-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufeff]")
"""Characters that macOS ignores in file names. Source: Git's utf8.c, next_hfs_char."""


def is_version_control(path: str) -> bool:
    """Whether a path is, or is in, a folder of version control on any system, such as `lib/.GIT/config`.

    A shell's prompt that shows the state of a repository runs what such a folder tells it to. `.gitignore`
    and `.github` are ordinary names. Source: Git's path.c, is_ntfs_dotgit, and utf8.c, is_hfs_dotgit.
    """
    if path.isascii() and "." not in path and "~" not in path:
        return False
    parts = (_IGNORED_IN_NAMES.sub("", part).partition(":")[0] for part in path.split("/"))
    return any(part.rstrip(". ").casefold() in _VERSION_CONTROL for part in parts)


def never_packed(path: str) -> bool:
    """Whether a path is left out of every package: caches, version control, files of the desktop."""
    if not _NEVER_PACKED.isdisjoint(path.split("/")):
        return True
    return "." in path and (
        f"/{_NEVER_PACKED_BELOW}/" in f"/{path}/" or f"/{_UNFINISHED_PREFIX}" in f"/{path}"
    )


LOOKS_LIKE_SECRET = _("looks like a secret")

HEAD_BYTES = 1 << 20
"""How much of the start of a file is searched. A bundle of certificates is smaller."""
TAIL_BYTES = 64 << 10
"""How much of the end of a longer file is searched."""


class Certainty(Enum):
    """Whether a file is a secret, judged by its name."""

    ORDINARY = "ordinary"
    DOUBTFUL = "doubtful"
    """The content decides."""
    SECRET = "secret"


class _Regex[T: (str, bytes)]:
    """A regular expression that is compiled at first use: compiling all takes 10 ms at start."""

    def __init__(self, pattern: T) -> None:
        self._pattern: T = pattern

    @cached_property
    def compiled(self) -> re.Pattern[T]:
        return re.compile(self._pattern)


_SECRET_FOLDERS = frozenset(
    {".aws", ".ssh", ".gnupg", ".kube", ".azure", ".env", ".envs", ".secrets", ".password-store"}
)
"""Folders that contain credentials, whatever their files are called."""

_BELOW_SECRET_FOLDER = _Regex(rf"(?:^|/)(?:{'|'.join(map(re.escape, sorted(_SECRET_FOLDERS)))})/")
_INSTALLED = _Regex(r"(?:^|/)(?:node_modules|site-packages|dist-packages|vendor/bundle)/")

_COPIES = (".bak", ".old", ".orig", ".save", ".backup", ".copy", "~")
_EXAMPLE = r"(?:example|sample|template|tmpl|dist|defaults?|schema)"
_EXAMPLES = _Regex(rf"\.env(?:.*[._-])?{_EXAMPLE}|(?:.*[._-])?{_EXAMPLE}\.env")
_BY_NAME = _Regex(
    r"\.env.*|.+\.env|(?:.+\.)?env\.(?:local|dev|development|staging|prod|production)|\.dev\.vars"
    r"|\.(?:secrets?|credentials?)(?:\.(?:ini|cfg|conf|txt|json|ya?ml|toml|properties))?|local\.settings\.json"
    r"|\.git-credentials|\.?htpasswd|\.?pgpass(?:\.conf)?|\.s3cfg|\.vault[-_.](?:token|pass.*)"
    r"|\.(?:authinfo|fetchmailrc|msmtprc|mylogin\.cnf|passwd-s3fs)|master\.key|secring\.(?:gpg|pgp)"
    r"|\.(?:bash|zsh|sh|python|node_repl|psql|mysql)_history"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?"
    r"|.+\.(?:p12|pfx|pkcs12|jks|jceks|bks|keystore|keychain|kdbx?|psafe3|ppk|publishsettings|tfvars)"
    r"|.+\.tfvars\.json|.*\.tfstate(?:\..*)?"
)
_KEY_NAME = _Regex(r".+\.(?:pem|key|p8|pk8|der|asc|crt|cer|priv|ovpn)|id_.*(?<!\.pub)|ssh_host_.*_key")
_VALUES_NAME = _Regex(
    r"(?:credentials?|secrets?)(?:\.(?:csv|ini|cfg|conf|txt|json|ya?ml|toml|properties))?"
    r"|rootkey\.csv|.*(?:accesskeys?|credentials)\.csv"
    r"|\.(?:npmrc|pypirc|netrc|wgetrc|curlrc|terraformrc|yarnrc(?:\.yml)?|boto|my\.cnf)|_netrc"
    r"|credentials\.tfrc\.json|(?:.*[-_.])?kubeconfig(?:[-_][^.]*)?(?:\.(?:ya?ml|json|conf|txt|config))?"
)
_JSON_NAME = _Regex(
    r"(?:.*(?:service|account|cred|key|secret|firebase|google|gcp|gcloud|auth|token).*|(?:.*[-_.])?sa(?:[-_.].*)?"
    r"|.+-[0-9a-f]{12})\.json"
)
_DOCKER = _Regex(r"(?:^|/)(?:\.docker/config\.json|\.dockercfg)$")

# A name with none of these prefixes, endings and parts is in none of the tables above.
_ENDINGS = frozenset(
    {
        "env", "p12", "pfx", "jks", "keystore", "kdb", "kdbx", "ppk", "tfvars", "tfstate", "pem", "key",
        "p8", "pk8", "der", "asc", "crt", "cer", "priv", "ovpn", "json", "csv",
        "pkcs12", "jceks", "bks", "keychain", "psafe3", "publishsettings",
        "local", "dev", "development", "staging", "prod", "production",
        "bak", "old", "orig", "save", "backup", "copy",
    }
)  # fmt: skip
_BEGINNINGS = (".", "_netrc", "id_", "credential", "secr", "htpasswd", "pgpass", "ssh_host_")
_PARTS = ("tfstate", "kubeconfig")

_PRIVATE_KEY = _Regex(
    rb"---- ?-?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File|BEGIN OpenVPN Static key"
)
# A literal value of a name that indicates a secret: neither a reference (${...}, {{...}}, ARNs, sops) nor a
# word.
_VALUES = _Regex(
    rb"(?i)(?:secret|passw(?:or)?d|token|private_?key|api_?key|access_?key|client-key-data|_auth)[\w.-]{0,40}[\"']?"
    rb"[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?!\$|\{|<|%|!|ENC\[|arn:|null\b|none\b|true\b|false\b)[^\s\"',}]{6,}"
    rb"|secret access key|://[^/\s:@\"'{}$<>]{1,80}:[^/\s:@\"'{}$<>]{4,200}@"
    rb"|\bpassword[ \t]{1,8}[^\s\"']{4,}"
)
_DOCKER_AUTH = _Regex(rb"\"(?:auth|identitytoken|registrytoken)\"\s{0,8}:\s{0,8}\"[^\"]+\"")
_GOOGLE = _Regex(rb"\"(?:private_key|client_secret|refresh_token)\"\s{0,8}:\s{0,8}\"[^\"]{6,}")

# DER: SEQUENCE { INTEGER 0 or 1, ... } is a private key (PKCS #1, PKCS #8, SEC 1); an encrypted one names
# PBES2.
_VERSIONS = (b"\x02\x01\x00", b"\x02\x01\x01")
_PBES2 = bytes.fromhex("2a864886f70d01050d")

Read = Callable[[], bytes]
"""Reads the searched parts of a file: HEAD_BYTES, and for a longer file TAIL_BYTES after that."""


def certainty_of(path: str) -> Certainty:
    """Whether a file is a secret, judged by its path."""
    name = path.rpartition("/")[2].lower()
    if (
        name.rpartition(".")[2] not in _ENDINGS
        and not name.startswith(_BEGINNINGS)
        and not name.endswith("~")
        and not any(part in name for part in _PARTS)
    ):
        return _by_folder(path)
    for ending in _COPIES:
        name = name.removesuffix(ending) or name
    if _EXAMPLES.compiled.fullmatch(name):
        return _by_folder(path)
    if _BY_NAME.compiled.fullmatch(name):
        return Certainty.SECRET
    if (found := _by_folder(path)) is not Certainty.ORDINARY:
        return found
    names = (_KEY_NAME, _VALUES_NAME, _JSON_NAME)
    if any(each.compiled.fullmatch(name) for each in names) or _DOCKER.compiled.search(path.lower()):
        return Certainty.DOUBTFUL
    return Certainty.ORDINARY


def is_secret_folder(path: str) -> bool:
    """Whether a folder contains credentials, according to its name."""
    return path.rpartition("/")[2].lower() in _SECRET_FOLDERS


def is_secret(path: str, read: Read) -> bool:
    """Whether a file looks like a secret.

    Args:
        read: Called for doubtful names only. Its errors are passed on.
    """
    found = certainty_of(path)
    if found is Certainty.DOUBTFUL:
        return _holds_secret(path.lower(), read())
    return found is Certainty.SECRET


def is_installed(path: str) -> bool:
    """Whether a file belongs to an installed package, according to its path.

    Such packages come from a registry, where everybody can read them. They contain test keys, and names that
    would be suspicious in a project.
    """
    return "/" in path and _INSTALLED.compiled.search(path) is not None


def _by_folder(path: str) -> Certainty:
    if path[:1] != "." and "/." not in path:
        return Certainty.ORDINARY
    return Certainty.SECRET if _BELOW_SECRET_FOLDER.compiled.search(path.lower()) else Certainty.ORDINARY


def _holds_secret(path: str, data: bytes) -> bool:
    if _PRIVATE_KEY.compiled.search(data.replace(b"\0", b"")):  # also in UTF-16
        return True
    name = path.rpartition("/")[2]
    for ending in _COPIES:
        name = name.removesuffix(ending) or name
    if _KEY_NAME.compiled.fullmatch(name):
        return _is_der_key(data)
    if _DOCKER.compiled.search(path):
        return _DOCKER_AUTH.compiled.search(data) is not None
    if _VALUES_NAME.compiled.fullmatch(name) and _VALUES.compiled.search(data):
        return True
    return name.endswith(".json") and _GOOGLE.compiled.search(data) is not None


def _is_der_key(data: bytes) -> bool:
    if data[:1] != b"\x30" or len(data) < 2:
        return False
    start = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return data[start : start + 3] in _VERSIONS or _PBES2 in data[:64]


_YEAR_1980_S = 315_532_800


class FileContent(NamedTuple):
    """A file of a package.

    Attributes:
        executable: Whether its mode is 0755 instead of 0644.
    """

    sha256: str
    size_bytes: int
    executable: bool = False

    @property
    def pristine_ns(self) -> int:
        """The modification time of an unpacked file: a time in January 1980 that encodes its content.

        A file that still has it, and its size, has neither been written nor been moved here. Thus thousands
        of files are compared with their package without reading them.
        """
        return (_YEAR_1980_S * 1_000_000 + int(self.sha256[:10], 16)) * 1000


@dataclass(frozen=True)
class Contents:
    """All contents of a package: files by path, and empty folders."""

    files: Mapping[str, FileContent] = field(default_factory=dict)
    empty_folders: frozenset[str] = frozenset()

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files.values())

    @cached_property
    def secret_names(self) -> frozenset[str]:
        return frozenset(path for path in self.files if certainty_of(path) is not Certainty.ORDINARY)

    def packable(self) -> "Contents":
        """The contents without what is never packed, to compare a foreign package with ours."""
        return Contents(
            {path: file for path, file in self.files.items() if not never_packed(path)},
            frozenset(path for path in self.empty_folders if not never_packed(path)),
        )

    def same_code(self, other: "Contents") -> bool:
        """Whether both have the same files with the same bytes and executable bits."""
        return self.packable() == other.packable()


def folders_of(paths: Iterable[str]) -> set[str]:
    """All parent folders of the paths: `a/b/c` has `a` and `a/b`."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
