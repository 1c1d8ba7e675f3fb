"""Files of real packages: what is installed on this machine, from PyPI and from Debian.

Nothing is downloaded: where Workbench runs there are some 150 Python packages, on Debian some hundred more,
in every encoding and with every line end that their authors had.
"""

import random
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

_DEBIAN_LISTS = Path("/var/lib/dpkg/info")
_LARGEST_BYTES = 25_000_000  # above what the editor opens, so that its limit is met too


def python_packages() -> dict[str, tuple[Path, ...]]:
    """The files of each Python package of this environment, by its name."""
    return {f"pypi {name}": files for name, files in _of_pypi() if files}


def debian_packages() -> dict[str, tuple[Path, ...]]:
    """The readable files of each Debian package of this machine, by its name; none elsewhere."""
    return {f"debian {name}": files for name, files in _of_debian() if files}


def some_files(packages: dict[str, tuple[Path, ...]], most_each: int, seed: int = 4) -> list[Path]:
    """At most so many files of each package; the same ones for the same seed."""
    chance = random.Random(seed)
    return [
        path
        for _, files in sorted(packages.items())
        for path in (files if len(files) <= most_each else chance.sample(files, most_each))
    ]


def _of_pypi() -> Iterator[tuple[str, tuple[Path, ...]]]:
    for distribution in distributions():
        paths = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
        yield distribution.name, tuple(sorted(filter(_is_usable, paths)))


def _of_debian() -> Iterator[tuple[str, tuple[Path, ...]]]:
    for file in sorted(_DEBIAN_LISTS.glob("*.list")):
        paths = map(Path, file.read_text("utf-8", "surrogateescape").splitlines())
        yield file.stem.partition(":")[0], tuple(sorted(filter(_is_usable, paths)))


def _is_usable(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_BYTES
    except OSError:
        return False
