"""What counts as a declaration of dependencies, and what other tools' lock files say."""

import json
from pathlib import Path

import pytest

from tests.code.package.trees import write
from workbench.code.dependencies.declared import DeclarationKind, find_declaration
from workbench.code.dependencies.python_locks import locked_requirements
from workbench.code.dependencies.requirements import as_file
from workbench.code.dependencies.store import Target
from workbench.core.errors import WorkbenchError

HASH = "sha256:" + "a" * 64
PIPFILE_LOCK = {
    "default": {
        "requests": {"version": "==2.32.3", "hashes": [HASH], "extras": ["socks"]},
        "colorama": {"version": "==0.4.6", "markers": "sys_platform == 'win32'"},
    },
    "develop": {"pytest": {"version": "==8.0.0"}},
}
POETRY_LOCK = f"""
[[package]]
name = "requests"
version = "2.32.3"
optional = false
groups = ["main"]
markers = "python_version >= \\"3.8\\""
files = [{{file = "requests.whl", hash = "{HASH}"}}]

[[package]]
name = "pytest"
version = "8.0.0"
optional = false
groups = ["dev"]

[[package]]
name = "extra"
version = "1.0"
optional = true
groups = ["main"]
"""


UV_PROJECT = '[[package]]\nname = "fn"\nversion = "0"\nsource = { virtual = "." }\n'
UV_LOCK = f'version = 1\n{UV_PROJECT}dependencies = [{{ name = "requests" }}]\n'
EMPTY_UV_LOCK = f'version = 1\n{UV_PROJECT}[package.dev-dependencies]\ndev = [{{ name = "pytest" }}]\n'
POETRY_PROJECT = '[tool.poetry.dependencies]\npython = "^3.12"\nrequests = "^2.32"\n'


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"requirements.txt": "requests\n"}, DeclarationKind.REQUIREMENTS),
        ({"requirements.txt": "# nothing\n\n"}, None),
        ({"requirements.txt": ""}, None),
        (
            {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["requests"]\n'},
            DeclarationKind.PYPROJECT,
        ),
        ({"pyproject.toml": "[tool.ruff]\n"}, None),
        ({"pyproject.toml": "", "uv.lock": UV_LOCK, "requirements.txt": "x\n"}, DeclarationKind.UV),
        ({"pyproject.toml": "", "uv.lock": EMPTY_UV_LOCK}, None),
        (
            {"pyproject.toml": "", "uv.lock": EMPTY_UV_LOCK, "requirements.txt": "x\n"},
            DeclarationKind.REQUIREMENTS,
        ),
        ({"uv.lock": "version = 1\n"}, None),
        ({"poetry.lock": POETRY_LOCK, "pyproject.toml": ""}, DeclarationKind.POETRY),
        ({"poetry.lock": "", "pyproject.toml": ""}, None),
        ({"pyproject.toml": POETRY_PROJECT}, DeclarationKind.POETRY_PROJECT),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.12"\n'}, None),
        ({"Pipfile.lock": json.dumps(PIPFILE_LOCK)}, DeclarationKind.PIPENV),
        ({"Pipfile.lock": '{"default": {}, "develop": {"pytest": {"version": "==8"}}}'}, None),
        ({"Pipfile.lock": "{}", "Pipfile": '[packages]\nx = "*"\n'}, DeclarationKind.PIPFILE),
        ({"Pipfile": '[dev-packages]\nx = "*"\n'}, None),
        ({"package.json": '{"dependencies": {"a": "1"}}'}, None),  # of another language
        ({"app.py": ""}, None),
    ],
)
def test_python_code_declares(tmp_path: Path, files: dict[str, str], kind: DeclarationKind | None) -> None:
    write(tmp_path, files)
    found = find_declaration(tmp_path, "python")
    assert (found and found.kind) is kind


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"package.json": '{"dependencies": {"a": "1"}}', "package-lock.json": "{}"}, DeclarationKind.NPM),
        ({"package.json": '{"dependencies": {"a": "1"}}'}, DeclarationKind.NODE),
        ({"package.json": '{"dependencies": {"a": "1"}}', "yarn.lock": ""}, DeclarationKind.YARN),
        ({"package.json": '{"dependencies": {"a": "1"}}', "pnpm-lock.yaml": ""}, DeclarationKind.PNPM),
        ({"package.json": '{"type": "module"}', "package-lock.json": "{}"}, None),
        ({"requirements.txt": "x\n"}, None),
    ],
)
def test_node_code_declares(tmp_path: Path, files: dict[str, str], kind: DeclarationKind | None) -> None:
    write(tmp_path, files)
    found = find_declaration(tmp_path, "nodejs")
    assert (found and found.kind) is kind


@pytest.mark.parametrize("name", ["requirements.txt", "poetry.lock", "Pipfile.lock"])
def test_a_link_out_of_the_code_is_refused_and_not_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / "credentials").write_text("[default]\naws_secret_access_key = abcdefgh\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / name).symlink_to(tmp_path / "credentials")

    with pytest.raises(WorkbenchError, match="outside the code folder") as raised:
        find_declaration(tmp_path / "code", "python")

    assert "abcdefgh" not in str(raised.value)


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("python", "pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
        ("nodejs", "package.json", '{"type": "module"}'),
    ],
)
def test_a_link_out_of_the_code_that_declares_nothing_is_left_alone(
    tmp_path: Path, language: str, name: str, text: str
) -> None:
    write(tmp_path, {name: text, "code/requirements.txt": "requests\n"})
    (tmp_path / "code" / name).symlink_to(tmp_path / name)
    found = find_declaration(tmp_path / "code", language)
    assert (found and found.files) == (("requirements.txt",) if language == "python" else None)


def test_a_link_within_the_code_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    write(tmp_path, {"config/prod.txt": "requests\n-r more.txt\n", "all.txt": "idna\n"})
    (tmp_path / "requirements.txt").symlink_to("config/prod.txt")
    (tmp_path / "more.txt").symlink_to("all.txt")

    declaration = find_declaration(tmp_path, "python")

    assert declaration is not None
    assert declaration.files == ("requirements.txt", "more.txt")
    assert declaration.data[1] == b"idna\n"


def test_other_languages_declare_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "x\n"})
    assert find_declaration(tmp_path, Target("java21").language) is None


def test_the_digest_follows_the_file_and_those_that_it_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"requirements.txt": "-r more/base.txt\n-c gone.txt\nx\n", "more/base.txt": "-r base.txt\ny\n"},
    )
    first = find_declaration(tmp_path, "python")
    assert first is not None
    assert first.files == ("requirements.txt", "more/base.txt")
    assert find_declaration(tmp_path, "python") == first
    write(tmp_path, {"more/base.txt": "y>1\n"})
    second = find_declaration(tmp_path, "python")
    assert second is not None
    assert second.digest != first.digest


@pytest.mark.parametrize(
    ("name", "data", "language"),
    [
        ("pyproject.toml", b"[project", "python"),
        ("package.json", b"{,}", "nodejs"),
        ("package.json", b"[1]", "nodejs"),
        ("package.json", b"[" * 100_000, "nodejs"),
    ],
)
def test_what_is_malformed_is_said(tmp_path: Path, name: str, data: bytes, language: str) -> None:
    write(tmp_path, {name: data})
    with pytest.raises(WorkbenchError, match=name):
        find_declaration(tmp_path, language)


def locked(root: Path, path: str, text: str) -> list[str]:
    """The requirements that a lock file comes down to."""
    write(root, {path: text})
    declared = find_declaration(root, "python")
    assert declared is not None
    return as_file(locked_requirements(declared).wanted).replace(" \\\n    ", " ").splitlines()


def test_pipenv_locks_become_requirements(tmp_path: Path) -> None:
    assert locked(tmp_path, "Pipfile.lock", json.dumps(PIPFILE_LOCK)) == [
        'colorama==0.4.6 ; sys_platform == "win32"',
        f"requests[socks]==2.32.3 --hash={HASH}",
    ]


def test_poetry_locks_become_requirements(tmp_path: Path) -> None:
    assert locked(tmp_path, "poetry.lock", POETRY_LOCK) == [
        f'requests==2.32.3 ; python_version >= "3.8" --hash={HASH}',
    ]


def test_an_older_poetry_lock_has_its_hashes_elsewhere(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "a"\nversion = "1"\ncategory = "main"\n'
        '[[package]]\nname = "b"\nversion = "1"\ncategory = "dev"\n'
        f'[metadata.files]\na = [{{file = "a.whl", hash = "{HASH}"}}]\n'
    )
    assert locked(tmp_path, "poetry.lock", lock) == [f"a==1 --hash={HASH}"]


@pytest.mark.parametrize(
    "lock",
    [
        '{"default": []}',
        '{"default": {"x": {"path": "."}}}',
        '{"default": {"x": {"git": "https://example.org/x", "ref": "1"}}}',
        '{"default": {"x": 1}}',
        '{"default": {"--index-url http://evil": {"version": "==1"}}}',
        '{"default": {"x": {"version": "==1\\n--index-url http://evil"}}}',
        '{"default": {"x": {"version": "==1", "markers": "a\\n-r /etc/passwd"}}}',
        "[]",
    ],
)
def test_a_pipenv_lock_without_versions_or_with_tricks_is_refused(tmp_path: Path, lock: str) -> None:
    with pytest.raises(WorkbenchError, match=r"Pipfile\.lock"):
        locked(tmp_path, "Pipfile.lock", lock)


@pytest.mark.parametrize(
    "lock",
    [
        "package = 1",
        "package = [1]",
        '[[package]]\nname = "x"\n',
        '[[package]]\nname = "x y"\nversion = "1"\n',
        '[[package]]\nname = "x"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "https://example.org"\n',
    ],
)
def test_a_poetry_lock_without_versions_or_with_tricks_is_refused(tmp_path: Path, lock: str) -> None:
    with pytest.raises(WorkbenchError, match=r"poetry\.lock"):
        locked(tmp_path, "poetry.lock", lock)


@pytest.mark.parametrize(
    ("runtime", "architecture", "language", "version", "platform", "glibc"),
    [
        ("python3.9", "x86_64", "python", "3.9", "x86_64-manylinux2014", (2, 26)),
        ("python3.11", "arm64", "python", "3.11", "aarch64-manylinux2014", (2, 26)),
        ("python3.13", "arm64", "python", "3.13", "aarch64-manylinux_2_34", (2, 34)),
        ("nodejs18.x", "x86_64", "nodejs", "", "x86_64-manylinux2014", (2, 26)),
        ("nodejs22.x", "x86_64", "nodejs", "", "x86_64-manylinux_2_34", (2, 34)),
        ("provided.al2", "x86_64", "", "", "x86_64-manylinux2014", (2, 26)),
        ("java21", "x86_64", "", "", "x86_64-manylinux_2_34", (2, 34)),
        ("", "x86_64", "", "", "x86_64-manylinux_2_34", (2, 34)),
    ],
)
def test_a_runtime_says_what_to_install_for(
    runtime: str, architecture: str, language: str, version: str, platform: str, glibc: tuple[int, int]
) -> None:
    target = Target(runtime, architecture)
    assert (target.language, target.python_version) == (language, version)
    assert (target.platform, target.glibc) == (platform, glibc)
