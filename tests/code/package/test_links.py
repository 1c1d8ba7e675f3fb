"""Links inside the code: packed as what they lead to, or refused in words."""

import os
import zipfile
from pathlib import Path

import pytest

from tests.code.package.trees import write
from workbench.code.package import Packer, Patterns, Rules, build_package
from workbench.code.unpack import unpack
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()


def _link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


def _packed(root: Path, folder: Path) -> dict[str, bytes]:
    """What is in a package, which must be one that can be unpacked anywhere."""
    package = build_package(root, folder / "p", CTX)
    unpack(package.path, folder / f"out-{len(list(folder.iterdir()))}", CTX)
    with zipfile.ZipFile(package.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_links_that_npm_makes_are_packed(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"index.js": "x", "node_modules/tool/cli.js": "cli", "packages/own/index.js": "own"})
    (root / "node_modules/tool/cli.js").chmod(0o755)
    _link(root, "node_modules/.bin/tool", "../tool/cli.js")
    _link(root, "node_modules/own", "../packages/own")

    assert _packed(root, tmp_path) == {
        "index.js": b"x",
        "node_modules/.bin/tool": b"cli",
        "node_modules/own/index.js": b"own",
        "node_modules/tool/cli.js": b"cli",
        "packages/own/index.js": b"own",
    }
    contents = build_package(root, tmp_path / "p", CTX).contents
    assert contents.files["node_modules/.bin/tool"].executable


def test_links_to_links_and_through_folders_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"lib/real.so.1.2": "so", "lib/more/deep.txt": "d"})
    _link(root, "lib/real.so.1", "real.so.1.2")
    _link(root, "lib/real.so", "real.so.1")
    _link(root, "copy", "lib")
    _link(root, "again", "copy/more")

    assert _packed(root, tmp_path).keys() == {
        f"{folder}/{name}"
        for folder in ("lib", "copy")
        for name in ("real.so", "real.so.1", "real.so.1.2", "more/deep.txt")
    } | {"again/deep.txt"}


def _itself(root: Path) -> None:
    _link(root, "loop", "loop")


def _above(root: Path) -> None:
    _link(root, "a/b/up", "../..")


def _each_other(root: Path) -> None:
    write(root, {"one/x": "x", "two/y": "y"})
    _link(root, "one/two", "../two")
    _link(root, "two/one", "../one")


def _absolute(root: Path) -> None:
    _link(root, "opt", "/opt")


def _beside(root: Path) -> None:
    """A folder whose name begins as the code's does is not in it."""
    write(root.parent, {"code-more/x": "x"})
    _link(root, "more", "../code-more/x")


def _pnpm(root: Path) -> None:
    write(root, {"node_modules/.pnpm/left@1/node_modules/left/index.js": "x"})
    _link(root, "node_modules/left", ".pnpm/left@1/node_modules/left")


@pytest.mark.parametrize(
    ("make", "why", "remedy"),
    [
        (_itself, "loop is a link to a file that does not exist", "Remove"),
        (_above, "a/b/up is a link to a folder that contains it", "exclude"),
        (_each_other, "is a link to a folder that contains it", "exclude"),
        (_absolute, "opt is a link that leads out of the code", "exclude"),
        (_beside, "more is a link that leads out of the code", "exclude"),
        (_pnpm, "node_modules/left is a link into the pnpm store", "node-linker=hoisted"),
    ],
)
def test_links_that_cannot_be_packed_are_refused(tmp_path: Path, make: object, why: str, remedy: str) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x"})
    make(root)  # type: ignore[operator]  # a function of the table above

    with pytest.raises(WorkbenchError) as caught:
        build_package(root, tmp_path / "p", CTX)

    assert why in caught.value.why
    assert remedy in caught.value.remedy
    assert not list((tmp_path / "p").iterdir())


def test_what_a_link_leads_to_is_watched_for_changes(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"lib/a.py": "first", "lib/b.py": "other"})
    _link(root, "app.py", "lib/a.py")
    _link(root, "more", "lib")
    packer = Packer(root, tmp_path / "p", tmp_path / "state")
    packer.watch()

    def read(name: str) -> bytes:
        with zipfile.ZipFile(packer.pack(CTX).path) as archive:
            return archive.read(name)

    for _ in range(2):
        assert read("app.py") == b"first"
    write(root, {"lib/a.py": "again"})
    assert read("app.py") == read("more/a.py") == b"again"
    os.unlink(root / "app.py")
    _link(root, "app.py", "lib/b.py")
    assert read("app.py") == b"other"
    packer.close()


def test_a_link_out_of_the_code_can_be_excluded(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x"})
    _absolute(root)

    package = Packer(root, tmp_path / "p").pack(CTX, Rules(Patterns(("/opt",))))

    assert set(package.contents.files) == {"app.py"}
