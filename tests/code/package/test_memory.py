"""What is remembered between two runs of the program, and what becomes of it when it is damaged."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.package.test_packer import FILES, Bench
from tests.code.package.trees import write
from workbench.code.package import Packer
from workbench.core.jobs import JobContext, Progress


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A packer that has packed and was closed; files are in no doubt, however young."""
    monkeypatch.setattr("workbench.code.package.deflating.DOUBTFUL_NS", -(10**12))
    bench = Bench(tmp_path)
    write(bench.root, FILES)
    bench.pack()
    bench.restart()
    yield bench
    bench.packer.close()


def _read(bench: Bench) -> list[str]:
    """The files that a package made now had to read."""
    seen: list[Progress] = []
    package = bench.packer.pack(JobContext(seen.append))
    assert package == bench.pack()
    return [each.text for each in seen]


def test_the_next_run_reads_only_what_changed(bench: Bench) -> None:
    write(bench.root, {"app.py": "other"})

    assert _read(bench) == ["app.py"]


def test_nothing_changed_and_the_package_is_gone(bench: Bench) -> None:
    for path in (bench.folder / "packages").iterdir():
        path.unlink()

    assert _read(bench) == []


def test_only_the_last_package_is_kept(bench: Bench) -> None:
    for number in range(3):
        write(bench.root, {"app.py": f"x = {number}"})
        bench.pack()
        bench.restart()

    assert len(list(bench.state.iterdir())) == 2  # the index and its zip


def test_a_kill_before_the_index_is_written_costs_only_time(bench: Bench) -> None:
    write(bench.root, {"app.py": "other"})
    bench.pack()
    bench.packer = Packer(bench.root, bench.folder / "packages", bench.state)

    assert _read(bench) == ["app.py"]
    assert len(list(bench.state.iterdir())) == 3  # the zip of the index on disk, and the last one
    bench.restart()
    assert len(list(bench.state.iterdir())) == 2


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.unlink()  # it has other names
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [_cut, _flip, Path.unlink])
@pytest.mark.parametrize("what", ["index", "*.zip"])
@pytest.mark.parametrize("edited", [False, True])
def test_damage_is_noticed_and_everything_is_packed(
    bench: Bench, harm: Callable[[Path], None], what: str, edited: bool
) -> None:
    for package in (bench.folder / "packages").iterdir():
        package.unlink()
    if edited:
        write(bench.root, {"lib/util.py": "other"})
    (found,) = bench.state.glob(what)
    harm(found)

    assert set(_read(bench)) == set(FILES)
