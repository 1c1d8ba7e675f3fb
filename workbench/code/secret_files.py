"""Which files look like secrets: by their names, and by what is in them where a name does not tell.

Nothing here reads the disk, and no name is looked at twice: of ordinary files a few comparisons decide.
Sources: what git, AWS, Google Cloud, Terraform, OpenSSH, npm, PyPI and Docker call the files that hold
credentials; https://github.com/github/gitignore for the names that projects keep out of version control.
"""

import re
from collections.abc import Callable
from enum import Enum
from functools import cached_property

LOOKS_LIKE_SECRET = "looks like a secret"

HEAD_BYTES = 1 << 20
"""How much of a file is looked at, from its beginning. A bundle of certificates is smaller."""
TAIL_BYTES = 64 << 10
"""How much of the end of a longer one."""


class Certainty(Enum):
    """What a name says."""

    ORDINARY = "ordinary"
    DOUBTFUL = "doubtful"
    """What is in the file decides."""
    SECRET = "secret"


class _Regex[T: (str, bytes)]:
    """A regular expression that is compiled when it is first used: all of them take 10 ms of a start."""

    def __init__(self, pattern: T) -> None:
        self._pattern: T = pattern

    @cached_property
    def compiled(self) -> re.Pattern[T]:
        return re.compile(self._pattern)


SECRET_FOLDERS = frozenset({".aws", ".ssh", ".gnupg", ".kube", ".azure", ".env", ".envs", ".password-store"})
"""Folders that hold credentials, whatever the files in them are called."""

_BELOW_SECRET_FOLDER = _Regex(rf"(?:^|/)(?:{'|'.join(map(re.escape, sorted(SECRET_FOLDERS)))})/")
_INSTALLED = _Regex(r"(?:^|/)(?:node_modules|site-packages|dist-packages|vendor/bundle)/")

_COPIES = (".bak", ".old", ".orig", ".save", ".backup", ".copy", "~")
_EXAMPLE = r"(?:example|sample|template|tmpl|dist|defaults?|schema)"
_EXAMPLES = _Regex(rf"\.env(?:.*[._-])?{_EXAMPLE}|(?:.*[._-])?{_EXAMPLE}\.env")
_BY_NAME = _Regex(
    r"\.env.*|.+\.env"
    r"|\.git-credentials|\.?htpasswd|\.pgpass|\.s3cfg|\.vault[-_.](?:token|pass.*)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?"
    r"|.+\.(?:p12|pfx|jks|keystore|kdbx?|ppk|tfvars)|.+\.tfvars\.json"
    r"|.*\.tfstate(?:\..*)?"
)
_KEY_NAME = _Regex(r".+\.(?:pem|key|p8|pk8|der|asc|crt|cer|priv|ovpn)|id_.*(?<!\.pub)")
_VALUES_NAME = _Regex(
    r"(?:credentials?|secrets?)(?:\.(?:csv|ini|cfg|conf|txt|json|ya?ml|toml|properties))?"
    r"|rootkey\.csv|.*(?:accesskeys?|credentials)\.csv"
    r"|\.(?:npmrc|pypirc|netrc|yarnrc(?:\.yml)?|boto|my\.cnf)|_netrc"
)
_JSON_NAME = _Regex(
    r"(?:.*(?:service|account|cred|key|secret|firebase|google|gcp|gcloud|auth|token).*|(?:.*[-_.])?sa(?:[-_.].*)?"
    r"|.+-[0-9a-f]{12})\.json"
)
_DOCKER = _Regex(r"(?:^|/)(?:\.docker/config\.json|\.dockercfg)$")

# A name that neither begins nor ends like these is in none of the tables above.
_ENDINGS = frozenset(
    {
        "env", "p12", "pfx", "jks", "keystore", "kdb", "kdbx", "ppk", "tfvars", "tfstate", "pem", "key",
        "p8", "pk8", "der", "asc", "crt", "cer", "priv", "ovpn", "json", "csv",
        "bak", "old", "orig", "save", "backup", "copy",
    }
)  # fmt: skip
_BEGINNINGS = (".", "_netrc", "id_", "credential", "secret", "htpasswd")

_PRIVATE_KEY = _Regex(
    rb"---- ?-?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File|BEGIN OpenVPN Static key"
)
# The value of a name that says so: no reference to where it is kept (${...}, {{...}}, ARNs, sops), no word.
_VALUES = _Regex(
    rb"(?i)(?:secret|passw(?:or)?d|token|private_?key|api_?key|access_?key|_auth)[\w.-]{0,40}[\"']?"
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
"""Reads what of a file is looked at: HEAD_BYTES, and of a longer one TAIL_BYTES after it."""


def certainty_of(path: str) -> Certainty:
    """What a file's path says of it.

    Args:
        path: Relative, with `/` between its parts.
    """
    name = path.rpartition("/")[2].lower()
    if (
        name.rpartition(".")[2] not in _ENDINGS
        and not name.startswith(_BEGINNINGS)
        and not name.endswith("~")
        and "tfstate" not in name
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
    """Whether a folder holds credentials, going by its name."""
    return path.rpartition("/")[2].lower() in SECRET_FOLDERS


def is_secret(path: str, read: Read) -> bool:
    """Whether a file looks like a secret.

    Args:
        path: Relative, with `/` between its parts.
        read: Called for a doubtful name only. What it raises is raised.
    """
    found = certainty_of(path)
    if found is Certainty.DOUBTFUL:
        return _holds_secret(path.lower(), read())
    return found is Certainty.SECRET


def is_installed(path: str) -> bool:
    """Whether a file belongs to an installed package, going by its path.

    Such packages come from a registry, where everybody can read them. Test keys are among their files, and
    names that would mean something in a project.
    """
    return "/" in path and _INSTALLED.compiled.search(path) is not None


def _by_folder(path: str) -> Certainty:
    if path[:1] != "." and "/." not in path:
        return Certainty.ORDINARY
    return Certainty.SECRET if _BELOW_SECRET_FOLDER.compiled.search(path.lower()) else Certainty.ORDINARY


def _holds_secret(path: str, data: bytes) -> bool:
    if _PRIVATE_KEY.compiled.search(data.replace(b"\0", b"")):  # in UTF-16 too
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
