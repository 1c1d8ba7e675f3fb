"""Row 1, what it must not break: ordinary declarations install, whatever lies beside them."""

import hashlib
import json

import pytest

from tests.security.bait import BACKEND, SOURCE, Machine
from tests.security.test_installs import (
    HEX,
    POETRY,
    PROJECT,
    Files,
    pc,  # noqa: F401 - a fixture
    requirements,
    uv_locked,
)
from workbench.code.dependencies.store import Installed
from workbench.core.errors import WorkbenchError

IGNORED: dict[str, Files] = {
    "a uv.toml": {"uv.toml": 'index-url = "@EVIL@/simple"\n'},
    "a uv.toml that builds": {"uv.toml": '[pip]\nno-binary = [":all:"]\nonly-binary = []\n'},
    "an index in a pyproject.toml beside": {
        "pyproject.toml": '[[tool.uv.index]]\nurl = "@EVIL@/simple"\ndefault = true\n'
    },
    "settings of pip": {"pip.conf": "[global]\nindex-url = @EVIL@/simple\n"},
    "an environment": {".env": "UV_DEFAULT_INDEX=@EVIL@/simple\n", ".venv/pyvenv.cfg": "home = /nowhere\n"},
    "a version of Python": {".python-version": "@EVIL@/python.tar.gz\n"},
    "modules that Python loads": {
        "sitecustomize.py": BACKEND,
        "usercustomize.py": BACKEND,
        "encodings.py": BACKEND,
        "platform.py": BACKEND,
    },
    "a folder of the package's name": {
        "lib/setup.py": BACKEND,
        "lib/pyproject.toml": SOURCE["x/pyproject.toml"],
        "lib/trap.py": BACKEND,
    },
}
"""Files beside an ordinary declaration that no tool sees."""


@pytest.mark.parametrize("name", IGNORED)
def test_files_beside_a_declaration_choose_nothing(pc: Machine, name: str) -> None:  # noqa: F811 - pytest's way
    pc.write({"requirements.txt": "lib==1.0\n", **IGNORED[name]})
    installed = pc.install("python3.12")
    assert pc.harm() == []
    assert isinstance(installed, Installed)
    assert installed.found.packages == (("lib", "1.0"),)


def wheel_hash(pc: Machine) -> str:  # noqa: F811 - pytest's way
    return hashlib.sha256((pc.folder / "wheels" / "lib-1.0-py3-none-any.whl").read_bytes()).hexdigest()


LIB, LIB2, BASE, FANCY = ("lib", "1.0"), ("lib", "2.0"), ("base", "1.0"), ("fancy", "1.0")
ORDINARY: dict[str, tuple[Files, tuple[tuple[str, str], ...]]] = {
    "a name": (requirements("lib\n"), (LIB2,)),
    "a pin": (requirements("lib==1.0\n"), (LIB,)),
    "ranges and blanks": (requirements("  lib >= 1.0 , < 2.0  \n"), (LIB,)),
    "a hash": (requirements("lib==1.0 --hash=sha256:@HASH@\n"), (LIB,)),
    "hashes over lines": (
        requirements(f"lib==1.0 \\\n    --hash=sha256:{HEX} \\\n    --hash=sha256:@HASH@\n"),
        (LIB,),
    ),
    "hashes that all need": (requirements("--require-hashes\nlib==1.0 --hash sha256:@HASH@\n"), (LIB,)),
    "an extra": (requirements("fancy[more]\n"), (BASE, FANCY, LIB2)),
    "markers": (
        requirements("lib==1.0 ; sys_platform == 'linux'\nbase; sys_platform == \"win32\"\n"),
        (LIB,),
    ),
    "a file in the code": (
        requirements(
            "-r more/in.txt\n", **{"more/in.txt": "-r ../base.txt\nlib==1.0\n", "base.txt": "base\n"}
        ),
        (BASE, LIB),
    ),
    "files in a circle": (
        requirements("-r a.txt\nlib==1.0\n", **{"a.txt": "-r requirements.txt\nbase\n"}),
        (BASE, LIB),
    ),
    "constraints": (
        requirements("fancy\n-c limits.txt\n", **{"limits.txt": "lib<2\nbase==1.0\n"}),
        (FANCY, LIB),
    ),
    "comments": (requirements("# all\nlib==1.0 # this one\n   # and no \\\nbase\n"), (BASE, LIB)),
    "a line that goes on": (requirements("lib\\\n==\\\n1.0\n"), (LIB,)),
    "lines of Windows": (requirements("lib==1.0\r\nbase\r\n"), (BASE, LIB)),
    "a byte order mark": ({"requirements.txt": b"\xef\xbb\xbflib==1.0\n"}, (LIB,)),
    "UTF-16": ({"requirements.txt": "lib==1.0\n".encode("utf-16")}, (LIB,)),
    "Latin-1 that says so": (
        {"requirements.txt": "# -*- coding: latin-1 -*-\n# für\nlib==1.0\n".encode("latin-1")},
        (LIB,),
    ),
    "versions before a release": (requirements("--pre\nlib==1.0\n"), (LIB,)),
    "a version of any form": (requirements("lib===1.0\n"), (LIB,)),
    "a compatible version": (requirements("lib~=1.0\n"), (LIB,)),
    "a pyproject.toml": (
        {
            "pyproject.toml": PROJECT
            + 'dependencies = ["fancy"]\n[tool.uv]\nconstraint-dependencies = ["lib<2"]\n'
        },
        (FANCY, LIB),
    ),
    "a uv.lock": (
        uv_locked(
            '{ registry = "@INDEX@/simple/" }',
            'wheels = [{ url = "@INDEX@/wheels/lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@" }]\n',
        ),
        (LIB,),
    ),
    "a uv.lock of another index": (
        uv_locked(
            '{ registry = "@EVIL@/simple/" }',
            'wheels = [{ url = "@EVIL@/wheels/lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@" }]\n',
        ),
        (LIB,),
    ),
    "a poetry.lock of another index": (
        {
            "poetry.lock": POETRY
            + 'files = [{file = "lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@"}]\n[package.source]\n'
            + 'type = "legacy"\nurl = "@EVIL@/simple"\nreference = "x"\n'
        },
        (LIB,),
    ),
    "a Pipfile.lock of another index": (
        {
            "Pipfile.lock": json.dumps(
                {
                    "_meta": {"sources": [{"name": "x", "url": "@EVIL@/simple"}]},
                    "default": {"lib": {"version": "==1.0", "index": "x", "hashes": ["sha256:@HASH@"]}},
                }
            )
        },
        (LIB,),
    ),
}
"""Declarations that install, and what comes of them."""


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_declaration_installs_from_the_users_index(pc: Machine, name: str) -> None:  # noqa: F811 - pytest's way
    files, packages = ORDINARY[name]
    digest = wheel_hash(pc)
    pc.write(
        {
            path: text.replace("@HASH@", digest) if isinstance(text, str) else text
            for path, text in files.items()
        }
    )
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert installed.found.packages == packages
    assert pc.harm() == []
    assert pc.index.requests


def test_the_users_own_settings_choose_the_index_and_no_build(pc: Machine) -> None:  # noqa: F811 - pytest's way
    settings = pc.folder / "home" / ".config" / "uv" / "uv.toml"
    settings.write_text(
        f'index-url = "{pc.index.simple}"\nno-binary-package = ["sourced"]\n[pip]\nno-binary = ["sourced"]\n'
    )
    pc.write({"requirements.txt": "lib==1.0\n"})
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert any(each.startswith("/simple/lib") for each in pc.index.requests)
    pc.write(
        {"requirements.txt": "sourced\n"}
    )  # not even the user's settings have something built that a stranger names
    assert isinstance(pc.install("python3.12"), WorkbenchError)
    assert pc.harm() == []
