"""A folder of wheels, made for one test: uv's index without a network."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from workbench.code.dependencies.declared import InstallConsent
from workbench.core.settings import Settings


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes | str] | None = None,
    *,
    tag: str = "py3-none-any",
    requires: tuple[str, ...] = (),
    script: str = "",
) -> Path:
    """Writes a wheel that uv can install; `script` names a command that it brings."""
    about = f"{name}-{version}.dist-info"
    members = {path: _bytes(data) for path, data in (files or {f"{name}/__init__.py": "x = 1\n"}).items()}
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    members[f"{about}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode()
    )
    pure = "true" if tag.endswith("none-any") else "false"
    members[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode()
    if script:
        members[f"{about}/entry_points.txt"] = f"[console_scripts]\n{script} = {name}:main\n".encode()
    lines = [f"{path},{_digest(data)},{len(data)}" for path, data in members.items()]
    members[f"{about}/RECORD"] = ("\n".join([*lines, f"{about}/RECORD,,"]) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def settings_for(wheels: Path) -> dict[str, str]:
    """Variables with which uv knows no other packages, and keeps what it unpacks beside them."""
    wheels.mkdir(parents=True, exist_ok=True)
    settings = wheels.parent / "uv.toml"
    settings.write_text(f"no-index = true\nfind-links = [{json.dumps(wheels.as_posix())}]\n", "utf-8")
    return {"UV_CONFIG_FILE": str(settings), "UV_CACHE_DIR": str(wheels.parent / "uv-cache")}


def use_only(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on uv is set so."""
    for name, value in settings_for(wheels).items():
        monkeypatch.setenv(name, value)


class AgreedToAll(InstallConsent):
    """A user who has agreed to whatever a declaration asks for."""

    def __init__(self) -> None:
        super().__init__(Settings(Path("/nowhere/settings.json")))

    def allows(self, digest: str) -> bool:
        return bool(digest)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lock_of_npm(
    dependencies: Mapping[str, str], packages: Mapping[str, Mapping[str, object]]
) -> dict[str, str]:
    """package.json and package-lock.json."""
    about = {"name": "fn", "version": "1.0.0", "dependencies": dict(dependencies)}
    lock = {
        "name": "fn", "version": "1.0.0", "lockfileVersion": 3, "requires": True,
        "packages": {"": about, **packages},
    }  # fmt: skip
    return {"package.json": json.dumps(about), "package-lock.json": json.dumps(lock)}


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
