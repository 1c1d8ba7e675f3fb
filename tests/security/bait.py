"""A machine with secrets and traps on it, for declarations that try to run, to send or to look elsewhere.

The user's index is a server on 127.0.0.1, which their own settings of uv and npm name; another one is the
attacker's and must never be asked. `git` and other programs on PATH leave a mark when they run, and so does
every build backend in the code.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.code.dependencies.registry import Registry, serving
from tests.code.dependencies.wheels import make_wheel
from tests.code.package.trees import write
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.store import DependencyStore, Installed, Target
from workbench.code.dependencies.use import install, resolved
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

SECRET = "wJalrXUtnFEMIexampleSecretOfTheUser"
"""Stands in AWS_SECRET_ACCESS_KEY."""
TOKEN = "tokenOfTheUserForSomethingElse"
"""Stands in GITHUB_TOKEN."""
_TRAPS = ("git", "hg", "svn", "bzr", "ssh", "curl", "make", "gcc", "cc", "node-gyp")


class Machine:
    """The user's computer with a function's code on it.

    Attributes:
        code: The code's folder.
        index: The user's own index, for Python and npm.
        evil: The attacker's server.
        ran: A folder with a file for everything that ran and should not.
    """

    def __init__(self, folder: Path, index: Registry, evil: Registry) -> None:
        self.folder, self.index, self.evil = folder, index, evil
        self.code, self.ran = folder / "code", folder / "ran"
        self.store = DependencyStore(folder / "store")
        for path in (self.code, self.ran, folder / "home"):
            path.mkdir()

    def fill(self, text: str) -> str:
        """A file's text with the addresses and paths of this machine."""
        values = {
            "@EVIL@": self.evil.url, "@EVILHOST@": self.evil.url.removeprefix("http://"),
            "@INDEX@": self.index.url, "@RAN@": str(self.ran), "@OUTSIDE@": str(self.folder / "outside"),
            "@TRAPS@": str(self.folder / "traps"),
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Writes the code."""
        write(
            self.code,
            {path: self.fill(data) if isinstance(data, str) else data for path, data in files.items()},
        )

    def install(self, runtime: str) -> Installed | WorkbenchError:
        """Installs what the code declares; what is refused is returned."""
        target = Target(runtime)
        try:
            declared = find_declaration(self.code, target.language)
            assert declared is not None
            return install(resolved(declared, self.store, JobContext()), target, self.store, JobContext())
        except WorkbenchError as error:
            return error

    def harm(self) -> list[str]:
        """What happened and must not: programs that ran, hosts that were asked, secrets that were sent."""
        found = [f"ran: {path.name}" for path in self.ran.iterdir()]
        found += [f"asked the attacker: {each}" for each in self.evil.requests]
        sent = [each for each in self.index.requests if SECRET in each or TOKEN in each]
        return found + [f"sent: {each}" for each in sent]


@contextmanager
def machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Sets everything up; the environment is the user's."""
    with serving(folder / "wheels") as index, serving(folder / "evil-wheels") as evil:
        made = Machine(folder, index, evil)
        _lay_traps(folder / "traps", made.ran)
        settings = {
            ".npmrc": f"registry={index.url}/\n",
            ".config/uv/uv.toml": f'index-url = "{index.simple}"\n',
        }
        write(folder / "home", settings)
        for name in [name for name in os.environ if name.upper().startswith(("UV_", "NPM_", "PIP_"))]:
            monkeypatch.delenv(name)
        for name, value in {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
            "PATH": os.pathsep.join([str(folder / "traps"), os.environ["PATH"]]),
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "GITHUB_TOKEN": TOKEN,
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "UV_HTTP_RETRIES": "0",
            "npm_config_cache": str(folder / "npm-cache"),
            "npm_config_fetch_retries": "0",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        yield made


def _lay_traps(folder: Path, ran: Path) -> None:
    """Programs that note that they ran."""
    folder.mkdir()
    for name in _TRAPS:
        trap = folder / name
        trap.write_text(f'#!/bin/sh\necho "$@" > "{ran}/{name}"\nexit 1\n', "utf-8")
        trap.chmod(0o755)


BACKEND = (
    "import os, pathlib\n"
    "pathlib.Path('@RAN@/backend').write_text(repr(dict(os.environ)))\n"
    "def _no(*_a, **_k): raise SystemExit(1)\n"
    "build_wheel = build_sdist = build_editable = _no\n"
    "prepare_metadata_for_build_wheel = get_requires_for_build_wheel = _no\n"
)
SOURCE = {
    "x/pyproject.toml": (
        '[project]\nname = "x"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "trap"\nbackend-path = ["."]\n'
    ),
    "x/trap.py": BACKEND,
    "x/setup.py": "import pathlib; pathlib.Path('@RAN@/setup').write_text('')\n",
}
"""A package whose build leaves a mark."""


def publish_python(wheels: Path) -> None:
    """The packages of an ordinary index, and one that only has a source."""
    make_wheel(wheels, "lib")
    make_wheel(wheels, "lib", "2.0")
    make_wheel(wheels, "base")
    make_wheel(wheels, "fancy", requires=("lib", "base; extra == 'more'"))
    make_wheel(wheels, "sneaky", requires=("lib @ http://127.0.0.1:9/lib-1.0-py3-none-any.whl",))
    make_wheel(wheels, "cloner", requires=("lib @ git+http://127.0.0.1:9/lib.git",))


def source_archive(folder: Path, name: str, fill: Callable[[str], str]) -> Path:
    """An archive of a package's source, version 1.0, whose build leaves a mark."""
    import tarfile

    top = folder / f"{name}-1.0"
    files = {path.removeprefix("x/"): fill(text) for path, text in SOURCE.items()}
    write(top, files | {"PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"})
    archive = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        out.add(top, top.name)
    shutil.rmtree(top)
    return archive


def npm_files(about: Mapping[str, object], lock: Mapping[str, object], **more: str) -> dict[str, str]:
    """package.json and package-lock.json, and other files by name."""
    return {"package.json": json.dumps(about), "package-lock.json": json.dumps(lock), **more}
