"""What looks like a secret stays out of packages: the packer, the tree and the contents dialog agree."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.code.package.trees import write
from tests.growth import processor_s
from tests.security.real_project import CERTIFICATE, CODE, KEY, SECRETS, make_project
from workbench.code.package import Packer, Patterns, Rules, Secret, write_patterns
from workbench.code.package.scan import look_at, scan_tree, secrets_in_zip
from workbench.code.package.zip_file import DOUBTFUL_NS
from workbench.code.package_contents import folder_workspace, material_of, outlook
from workbench.code.tree import EntryKind
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()
NAMES = (
    "app.py",
    "config/.env",
    "config/.env.example",
    ".aws/config",
    "key.pem",
    "ca.pem",
    "a/id_rsa",
    "b/x.txt",
)
LINES = (
    "*.pem",
    "!*",
    "!/config/.env",
    "!config/",
    "config/",
    "!.aws/",
    "!/.aws/config",
    "!key.pem",
    "a/",
    "!/a/id_rsa",
)


def content_of(path: str) -> str:
    return CERTIFICATE if path == "ca.pem" else KEY


def packed(root: Path, folder: Path, rules: Rules) -> set[str]:
    return set(Packer(root, folder / "once").pack(CTX, rules).contents.files)


def of_dialog(workspace: Workspace, lines: tuple[str, ...]) -> set[str]:
    seen = outlook(material_of(workspace, CTX), Patterns(lines))
    return {each.path for each in seen.decisions if not each.why_out}


def of_tree(workspace: Workspace) -> set[str]:
    return {each.path for each in workspace.tree(CTX) if each.packed and each.kind is not EntryKind.FOLDER}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    st.lists(st.sampled_from(LINES), max_size=4),
    st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=4),
)
def test_all_who_decide_agree_before_and_after_edits(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    lines: list[str],
    edits: list[tuple[str, bool]],
) -> None:
    folder = tmp_path_factory.mktemp("agree")
    root = folder / "code"
    write(root, {path: content_of(path) for path in [*names, "zzz.py"]})
    workspace = folder_workspace(root, folder, Patterns(tuple(lines)))
    rules = workspace.rules("")
    for path, is_there in [("", True), *edits]:
        if path and is_there:
            write(root, {path: content_of(path) + "\n"})
        elif path:
            (root / path).unlink(missing_ok=True)
        mine = set(workspace.package(CTX).contents.files)
        assert mine == packed(root, folder, rules)
        assert mine == of_dialog(workspace, tuple(lines))
        assert mine == of_tree(workspace)
    workspace.packer.close()


def test_a_real_project(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    workspace = folder_workspace(root, tmp_path / "scratch")
    package = workspace.package(CTX)
    assert (
        package.contents.files.keys()
        == CODE.keys()
        | {
            # what is in an installed package is not the user's
        }
    )
    assert package.warnings == ()
    (note,) = package.notes
    assert note.startswith(
        "These files are excluded from the package because they look like secrets: .aws/, .docker/"
    )
    seen = outlook(material_of(workspace, CTX), Patterns())
    out = seen.secrets(Secret.LEFT_OUT)
    assert {path for path in SECRETS if not path.startswith((".aws/", ".ssh/"))} <= set(out)
    assert {".aws/", ".ssh/", "settings", "cloud"} <= set(out)
    assert ".serverless/" in outlook(material_of(workspace, CTX), Patterns((".serverless/",))).others_out


def test_the_bytes_of_a_project_without_secrets_are_what_they_were(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x = 1\n", "lib/ca.pem": CERTIFICATE, "data.json": "{}"})
    by_folder = folder_workspace(root, tmp_path / "scratch").package(CTX)
    plain = Packer(root, tmp_path / "plain").pack(CTX, Rules(of_packages=True))
    assert by_folder.code_sha256 == plain.code_sha256


def old(root: Path) -> None:
    """Makes every file old enough to be believed unchanged."""
    for path in root.rglob("*"):
        if path.is_file():
            when = path.stat().st_mtime_ns - 10 * DOUBTFUL_NS
            os.utime(path, ns=(when, when))


@pytest.mark.parametrize("is_watched", [False, True])
def test_each_package_looks_again_at_what_changed(tmp_path: Path, *, is_watched: bool) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x = 1\n", "a/tls.pem": CERTIFICATE})
    old(root)
    packer = Packer(root, tmp_path / "p", tmp_path / "state")
    if is_watched and not packer.watch():
        pytest.skip("this system cannot watch files")
    rules = Rules(Patterns(("!/config/.env",)), in_project=True)

    def pack() -> tuple[set[str], tuple[str, ...], tuple[str, ...]]:
        package = packer.pack(CTX, rules)
        return set(package.contents.files), package.notes, package.warnings

    assert pack() == ({"app.py", "a/tls.pem"}, (), ())
    assert pack() == ({"app.py", "a/tls.pem"}, (), ())
    write(root, {"a/tls.pem": CERTIFICATE + KEY})
    says = ("a/tls.pem is excluded from the package because it looks like a secret.",)
    assert pack() == ({"app.py"}, says, ())
    write(root, {"app.py": "x = 2\n"})
    assert pack() == ({"app.py"}, says, ())  # said of every package, not of the first only
    write(root, {"config/.env": "A=1\n"})
    by_name = ("Included by name: config/.env looks like a secret.",)
    assert pack() == ({"app.py", "config/.env"}, says, by_name)
    old(root)
    assert pack() == ({"app.py", "config/.env"}, says, by_name)
    packer.close()
    packer = Packer(root, tmp_path / "p", tmp_path / "state")  # as another run of the program
    assert pack() == ({"app.py", "config/.env"}, says, by_name)
    (root / "a/tls.pem").unlink()
    rules = Rules(in_project=True)
    assert pack() == (
        {"app.py"},
        ("config/.env is excluded from the package because it looks like a secret.",),
        (),
    )
    packer.close()


def test_a_look_at_touched_files_finds_what_a_whole_scan_finds(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, CODE | SECRETS)
    whole = scan_tree(root, Rules(), {}, CTX)
    some = look_at(root, CODE | SECRETS, Rules(), {}, CTX)
    assert {each.path for each in some.new} == {each.path for each in whole.new} == CODE.keys()
    assert some.secrets == whole.secrets


def test_what_was_deployed_stays_until_a_pattern_leaves_it_out(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x", "config/.env": "A=1", ".aws/config": "x", ".env.new": "A=1"})
    deployed = frozenset({"config/.env", ".aws/config"})
    packer = Packer(root, tmp_path / "p", tmp_path / "state")
    package = packer.pack(CTX, Rules(deployed=deployed))
    assert set(package.contents.files) == {"app.py", "config/.env", ".aws/config"}
    assert package.warnings == (
        ".aws/config, config/.env are deployed with this function and look like secrets.",
    )
    assert package.notes == (".env.new is excluded from the package because it looks like a secret.",)
    package = packer.pack(CTX, Rules(Patterns(("config/.env",)), deployed=deployed))
    assert set(package.contents.files) == {"app.py", ".aws/config"}
    packer.close()


def record_of(root: Path, *paths: str) -> str:
    lines = []
    for path in paths:
        digest = hashlib.sha256((root / path).read_bytes()).digest()
        lines.append(f"{path},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},1")
    return "\n".join(lines)


@pytest.mark.parametrize("folder", ["", "python/"])
def test_test_keys_of_installed_packages_go_in_and_what_only_is_listed_does_not(
    tmp_path: Path, folder: str
) -> None:
    root = tmp_path / "code"
    write(root, {f"{folder}tornado/test/test.key": KEY, f"{folder}tornado/__init__.py": "", "app.py": ""})
    write(root, {".env": "A=1", f"{folder}.env": "A=1"})
    home = root / folder
    listed = (
        record_of(home, "tornado/test/test.key") + "\n.env,sha256=AAAA,3\n../.env,sha256=AAAA,3\n.env,,\n"
    )
    write(root, {f"{folder}tornado-6.dist-info/RECORD": listed})
    packer = Packer(root, tmp_path / "p", tmp_path / "state")
    for _ in range(2):
        files = set(packer.pack(CTX, Rules()).contents.files)
        assert f"{folder}tornado/test/test.key" in files
        assert not {".env", f"{folder}.env"} & files
    (home / "tornado-6.dist-info/RECORD").unlink()
    assert f"{folder}tornado/test/test.key" not in packer.pack(CTX, Rules()).contents.files
    packer.close()


def test_a_package_of_the_workspace_that_is_linked_into_node_modules_is_not_installed(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"packages/mine/.env": "A=1", "packages/mine/index.js": "", "node_modules/other/.env": ""})
    (root / "node_modules/mine").symlink_to("../packages/mine")
    files = set(Packer(root, tmp_path / "p").pack(CTX, Rules()).contents.files)
    assert files == {"packages/mine/index.js", "node_modules/mine/index.js", "node_modules/other/.env"}


def test_what_cannot_be_looked_into_is_said(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "", "key.pem": KEY})
    (root / "key.pem").chmod(0)
    if os.access(root / "key.pem", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(WorkbenchError, match="do not have permission"):
        Packer(root, tmp_path / "p").pack(CTX, Rules())


def test_a_pipe_with_the_name_of_a_key_is_not_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": ""})
    os.mkfifo(root / "key.pem")
    with pytest.raises(WorkbenchError, match="a pipe"):
        Packer(root, tmp_path / "p").pack(CTX, Rules())
    material_of(folder_workspace(root, tmp_path / "s"), CTX)
    folder = folder_workspace(root, tmp_path / "s").folder
    write_patterns(folder, "key.pem")
    assert folder.is_dir()


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_zip_tells_what_in_it_looks_like_a_secret(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", CODE | SECRETS)
    assert secrets_in_zip(path, CTX) == tuple(sorted(SECRETS))


def test_a_zip_that_is_damaged_where_one_looks_is_refused_in_words(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"app.py": "x", "tls.pem": CERTIFICATE})
    data = bytearray(path.read_bytes())
    place = data.index(CERTIFICATE.encode())
    data[place + 5] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(WorkbenchError, match="damaged"):
        secrets_in_zip(path, CTX)
    path.write_bytes(b"no zip")
    with pytest.raises(WorkbenchError, match="not a zip file"):
        secrets_in_zip(path, CTX)


def test_a_zip_that_unpacks_to_much_is_not_unpacked_for_a_look(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big.pem", "w") as file:
        for _ in range(400):
            file.write(bytes(1 << 20))
    unpacking_s = processor_s(lambda: zipfile.ZipFile(path).read("big.pem"))
    assert secrets_in_zip(path, CTX) == ()
    assert processor_s(lambda: secrets_in_zip(path, CTX)) < unpacking_s / 10
