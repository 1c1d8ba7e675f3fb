"""Names in the whole code: own first, what is typed counts, and it ends somewhere."""

import threading
from pathlib import Path

import pytest

from workbench.code.symbols import scan_symbols
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext


def names(root: Path, typed: dict[str, str] | None = None, most: int = 100) -> list[str]:
    found = scan_symbols(root, typed or {}, JobContext(), most)
    return [f"{each.path}:{each.line} {each.name}" for each in found]


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_own_names_come_before_those_that_packages_bring(tmp_path: Path) -> None:
    files = {
        "zebra.py": "def own(): ...\n\n\nclass Mine: ...\n",
        "alib/core.py": "def brought(): ...\n",
        "six.py": "def six(): ...\n",
        "alib-1.0.dist-info/RECORD": "alib/core.py,sha256=x,10\nsix.py,,\n",
        "node_modules/a/index.js": "function npm() {}\n",
        "data.json": "{}",
    }
    write(tmp_path, files)
    assert names(tmp_path) == [
        "zebra.py:1 own",
        "zebra.py:4 Mine",
        "alib/core.py:1 brought",
        "node_modules/a/index.js:1 npm",
        "six.py:1 six",
    ]
    assert names(tmp_path, most=1) == ["zebra.py:1 own"]


def test_what_is_typed_counts(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "def old(): ...\n"})
    typed = {"app.py": "\ndef new(): ...\n", "other.py": "x = 1\n", "notes.txt": "def no(): ..."}
    assert names(tmp_path, typed) == ["app.py:2 new", "other.py:1 x"]


def test_line_ends_marks_and_broken_text_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("\ufeffdef first(): ...\r\n# \xe9\r\nclass B: ...\r\n".encode("utf-8"))
    (tmp_path / "b.py").write_bytes(b"# \xff\xfe\ndef c(): ...\n")
    (tmp_path / "large.py").write_text("def d(): ...\n" * 30_000)
    assert names(tmp_path) == ["a.py:1 first", "a.py:3 B", "b.py:2 c"]


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ""})
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        scan_symbols(tmp_path, {}, JobContext(stop=stop))
