"""The environment of the tools that install packages: an allow-list of what they need, and nothing else.

No credential of AWS passes. A token passes only where the user's own settings of uv or npm name it for their
index.
"""

import os
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

_BASE = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    }
)  # fmt: skip
# Without these no program starts, or finds the user's folders, on Windows.
_WINDOWS = frozenset(
    {
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
        "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)",
    }
)  # fmt: skip
# Source: https://docs.astral.sh/uv/reference/environment/. UV_CONFIG_FILE is read by uv_settings.py.
_UV = frozenset(
    {
        "NETRC", "UV_CACHE_DIR", "UV_NO_CACHE", "UV_CREDENTIALS_DIR", "UV_DEFAULT_INDEX", "UV_INDEX",
        "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY", "UV_KEYRING_PROVIDER",
        "UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_PROXY", "UV_HTTPS_PROXY",
        "UV_NO_PROXY", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_OFFLINE",
        "UV_CONCURRENT_DOWNLOADS", "UV_CONCURRENT_INSTALLS", "UV_LINK_MODE", "UV_EXCLUDE_NEWER",
        "UV_PRERELEASE", "UV_RESOLUTION",
    }
)  # fmt: skip
_UV_LOGIN = re.compile(r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)")
# Source: npm help config.
_NPM = frozenset(
    {
        "registry", "cache", "userconfig", "globalconfig", "proxy", "https_proxy", "noproxy", "cafile", "ca",
        "cert", "key", "strict_ssl", "maxsockets", "fetch_retries", "fetch_timeout", "offline",
        "prefer_offline",
    }
)  # fmt: skip
_NPM_PREFIX = "npm_config_"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\??\}")
_LONGEST_NPMRC = 1 << 20


def base_environment() -> dict[str, str]:
    """What any tool gets: PATH, home and temporary folders, locale, proxy and certificates."""
    return _chosen(_BASE) | {"NO_COLOR": "1"}


def uv_environment() -> dict[str, str]:
    """What uv gets: also the variables with which the user chooses an index and how it is reached."""
    return base_environment() | _chosen(_UV) | _matching(_UV_LOGIN)


def npm_environment() -> dict[str, str]:
    """What npm gets: also the user's settings of a registry, and what their own .npmrc refers to."""
    found = base_environment() | {"npm_config_color": "false"}
    for name, value in os.environ.items():
        lower = name.lower()
        key = lower.removeprefix(_NPM_PREFIX)
        if key == lower:
            continue
        if key.replace("-", "_") in _NPM or key.startswith("//") or re.fullmatch(r"@[^:]+:registry", key):
            found[name] = value
    found |= _chosen(frozenset({"NODE_EXTRA_CA_CERTS"}))
    return found | {name: os.environ[name] for name in _referred(found) if name in os.environ}


def _chosen(names: Collection[str]) -> dict[str, str]:
    wanted = {*names, *(_WINDOWS if sys.platform == "win32" and names is _BASE else ())}
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in wanted or (names is _BASE and name.startswith("LC_"))
    }


def _matching(pattern: re.Pattern[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if pattern.fullmatch(name)}


def _referred(environment: Mapping[str, str]) -> set[str]:
    """Variables that the user's own .npmrc takes a value from, such as the token of a registry."""
    own = next((value for name, value in environment.items() if name.lower() == "npm_config_userconfig"), "")
    path = Path(own) if own else Path.home() / ".npmrc"
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_NPMRC).decode("utf-8", "replace")
    except OSError:
        return set()
    return {name for name in _REFERENCE.findall(text) if not name.upper().startswith("AWS_")}
