"""The same input gives the same bytes: whoever packs it, where and when, and by every way of packing."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.other_user import NOBODY, other_user
from workbench.code.package import Packer, Patterns, Rules, StreamStore, build_package
from workbench.core.jobs import JobContext

ROOT = Path(__file__).parents[3]
CTX = JobContext()
FILES = {
    "app.py": b"x = 1\n",
    "bin/run.sh": b"#!/bin/sh\n",
    "lib/\u00fcn\u00ef.txt": "\u00e9".encode(),
    "lib/Z.txt": b"upper",
    "lib/a.txt": b"lower",
    "node_modules/dep/index.js": b"exports.a = 1\n" * 500,
    "node_modules/dep/noise.bin": random.Random(4).randbytes(3_000_000),
    "notes.log": b"left out",
}
RULES = Rules(Patterns(("*.log",)))
# What the packing process prints: the package's hash, as its name.
_PACK = """
import sys
from pathlib import Path
from workbench.code.package import Packer, Patterns, Rules
from workbench.core.jobs import JobContext
packer = Packer(Path(sys.argv[1]), Path(sys.argv[2]))
print(packer.pack(JobContext(), Rules(Patterns(("*.log",)))).path.stem)
"""


@dataclass(frozen=True)
class Setup:
    """How a machine is set up."""

    umask: int = 0o022
    variables: tuple[tuple[str, str], ...] = ()


def lay(root: Path, *, umask: int = 0o022, seed: int = 0, mtime: float = 1e9) -> Path:
    """Writes the files, in an order and at times of their own."""
    before = os.umask(umask)
    try:
        names = list(FILES)
        random.Random(seed).shuffle(names)
        for name in names:
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(FILES[name])
            os.utime(file, (mtime + seed, mtime + seed))
        (root / "bin/run.sh").chmod(0o777 & ~umask)
    finally:
        os.umask(before)
    return root


def expected(tmp_path: Path) -> str:
    return Packer(lay(tmp_path / "plain"), tmp_path / "plain-packed").pack(CTX, RULES).path.stem


@pytest.mark.skipif(os.name != "posix", reason="one user is enough where there is no umask")
@pytest.mark.parametrize(
    "setup",
    [
        Setup(),
        Setup(umask=0o077, variables=(("TZ", "Asia/Tokyo"), ("PYTHONHASHSEED", "1"))),
        Setup(umask=0o000, variables=(("TZ", "America/Lima"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "2"))),
    ],
)
def test_how_the_machine_is_set_up_makes_no_difference(tmp_path: Path, setup: Setup) -> None:
    root, packed = tmp_path / "some where else" / "code", tmp_path / "packed"
    lay(root, seed=setup.umask, mtime=1.7e9)
    packed.mkdir()
    done = subprocess.run(
        [sys.executable, "-B", "-c", _PACK, str(root), str(packed)],
        umask=setup.umask,
        env=os.environ | {"PYTHONPATH": str(ROOT), **dict(setup.variables)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == expected(tmp_path), done.stderr


def test_who_packs_makes_no_difference(tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        other_user() as nobody,
    ):  # pytest's folder is for its user only
        place = Path(folder) / "some where else"
        root = lay(place / "code", mtime=1.7e9)
        (place / "packed").mkdir()
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        environ = os.environ | {"LC_ALL": "C.UTF-8"}
        done = nobody.python(
            "-B", "-c", _PACK, str(root), str(place / "packed"), environ=environ, umask=0o027
        )
        assert done.stdout.strip() == expected(tmp_path), done.stderr
        (package,) = (place / "packed").iterdir()
        assert package.stat().st_uid == NOBODY


def _cold(root: Path, folder: Path) -> Path:
    return Packer(root, folder / "p").pack(CTX, RULES).path


def _after_edits(root: Path, folder: Path) -> Path:
    """Packed before and after a change that was taken back, with a spare copy."""
    packer = Packer(root, folder / "p", folder / "state")
    packer.pack(CTX, RULES)
    (root / "app.py").write_bytes(b"other, and longer\n")
    (root / "extra.py").write_bytes(b"1")
    packer.get_ready(CTX, RULES)
    (root / "app.py").write_bytes(FILES["app.py"])
    (root / "extra.py").unlink()
    package = packer.pack(CTX, RULES)
    packer.close()
    return package.path


def _watched(root: Path, folder: Path) -> Path:
    (root / "lib/a.txt").unlink()
    packer = Packer(root, folder / "p", folder / "state")
    packer.watch()
    packer.get_ready(CTX, RULES)
    (root / "lib/a.txt").write_bytes(FILES["lib/a.txt"])
    package = packer.pack(CTX, RULES)
    packer.close()
    return package.path


def _restarted(root: Path, folder: Path) -> Path:
    for _ in range(2):
        packer = Packer(root, folder / "p", folder / "state")
        packer.pack(CTX, RULES)
        packer.close()
        shutil.rmtree(folder / "p")
    return Packer(root, folder / "p", folder / "state").pack(CTX, RULES).path


def _from_the_store(root: Path, folder: Path) -> Path:
    """Another function with the same files was packed before."""
    store = StreamStore(folder / "store")
    other = Packer(lay(folder / "other"), folder / "op", folder / "os", store=store)
    other.pack(CTX, RULES)
    other.close()
    return Packer(root, folder / "p", folder / "state", store=store).pack(CTX, RULES).path


def _one_processor(root: Path, folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        return _cold(root, folder)


@pytest.mark.parametrize("way", [_cold, _after_edits, _watched, _restarted, _from_the_store, _one_processor])
def test_every_way_of_packing_gives_the_same(tmp_path: Path, way: Callable[[Path, Path], Path]) -> None:
    root = lay(tmp_path / "mine", seed=7, mtime=1.5e9)
    package = way(root, tmp_path)
    assert package.stem == expected(tmp_path)
    assert package.read_bytes() == (tmp_path / "plain-packed" / package.name).read_bytes()


def test_dependencies_beside_the_code_give_what_they_give_among_it(tmp_path: Path) -> None:
    """Where a file lies is no part of the package: moved to the store, all stays as it is deployed."""
    among = lay(tmp_path / "among")
    (among / "notes.log").unlink()
    code, beside = lay(tmp_path / "code", seed=3), tmp_path / "beside"
    (code / "notes.log").unlink()
    beside.mkdir()
    shutil.move(code / "node_modules", beside / "node_modules")
    one = build_package(among, tmp_path / "one", CTX)
    two = Packer(code, tmp_path / "two").pack(CTX, Rules(dependencies=str(beside)))
    assert one.path.read_bytes() == two.path.read_bytes()
