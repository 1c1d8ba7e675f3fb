"""Rules about how Workbench is written that no linter knows: sizes, translated texts, who makes what."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 600
LONGER: dict[str, str] = {}
"""Longer files: path -> why splitting would make them harder to read."""


def longer(than: int, folder: Path) -> dict[str, int]:
    """The files in a folder with more lines than that: path -> lines."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py")}
    return {
        path.relative_to(folder.parent).as_posix(): lines for path, lines in lengths.items() if lines > than
    }


def test_files_stay_short() -> None:
    too_long = longer(LIMIT, ROOT / "workbench")
    assert not too_long.keys() - LONGER, "split these, or give a reason in LONGER"
    assert not {name for name in LONGER if name not in too_long}


def test_files_of_tests_stay_short() -> None:
    assert not longer(LIMIT, ROOT / "tests"), "split these by what they show"


def test_a_longer_file_is_found(tmp_path: Path) -> None:
    room = tmp_path / "tests" / "room"
    room.mkdir(parents=True)
    for lines in (LIMIT, LIMIT + 1):
        (room / f"test_{lines}.py").write_text("pass\n" * lines, "utf-8")
    assert longer(LIMIT, tmp_path / "tests") == {f"tests/room/test_{LIMIT + 1}.py": LIMIT + 1}


# ---- rules over syntax trees: each is a function from a tree to what it found ------------------------


_TRANSLATING = {"tr": (0,), "translate": (0, 1), "QT_TRANSLATE_NOOP": (0, 1), "QT_TR_NOOP": (0,)}
"""What marks a text for translation: function -> positions of its arguments that must be literals."""


def untranslatable(tree: ast.AST) -> Iterator[str]:
    """Texts for translation must be literals: lupdate reads the source and cannot see what is computed.

    `translate` may also take a name: a text that a table marked with QT_TRANSLATE_NOOP.
    """
    for call in _calls(tree):
        function = ast.unparse(call.func).rpartition(".")[2]
        for position in _TRANSLATING.get(function, ()):
            for text in call.args[position : position + 1]:
                literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
                marked = function == "translate" and position == 1 and isinstance(text, ast.Name)
                if not (literal or marked):
                    yield f"{call.lineno}: {ast.unparse(call)}"


def uncounted(tree: ast.AST) -> Iterator[str]:
    """A text with a number must be right for one and for many, in English too, which has no translation file.

    No text, error messages included, says "job(s)". What has %n has another text beside it for one:
    `tr("1 job") if n == 1 else tr("%n jobs", "", n)`; translations give the second all their plural forms.
    Units ("%n s") are the same for any number.
    """
    beside_one: set[tuple[str, ast.Call]] = set()
    for choice in (node for node in ast.walk(tree) if isinstance(node, ast.IfExp)):
        number, is_one, one = ast.unparse(choice.test).partition(" == 1")
        if is_one and not one and _texts(choice.body) and isinstance(choice.orelse, ast.Call):
            beside_one.add((number, choice.orelse))
    for call in _calls(tree):
        for text in _texts(call):
            if _NUMBER.search(text) and (ast.unparse(call.args[-1]), call) not in beside_one:
                yield f"{call.lineno}: {text}"
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _EITHER.search(each.value):
            yield f"{each.lineno}: {each.value}"


_EITHER = re.compile(r"\w\(e?s\)")
_NUMBER = re.compile(r"%L?n(?! (s|ms|min|h|KB|MB|GB|%)(?!\w))")


def _texts(node: ast.AST) -> list[str]:
    """The texts in a call for translation."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] not in _TRANSLATING:
        return []
    return [str(each.value) for each in node.args if isinstance(each, ast.Constant)]


def sdk_makers(tree: ast.AST) -> Iterator[str]:
    """Only a Connection makes boto3 clients and sessions: it knows profile, time-outs and retries."""
    for call in _calls(tree):
        if ast.unparse(call.func) in (
            "boto3.client",
            "boto3.resource",
            "boto3.Session",
            "boto3.session.Session",
        ):
            yield f"{call.lineno}: {ast.unparse(call)}"


def mocks(tree: ast.AST) -> Iterator[str]:
    """Tests use real parts, fakes and botocore's Stubber: a mock of a Qt method or a client tests itself."""
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (f"{module}" for module in modules if module.startswith(("unittest.mock", "mock.")))


Rule = Callable[[ast.AST], Iterator[str]]


@pytest.mark.parametrize(
    ("rule", "folder", "exempt"),
    [
        (untranslatable, "workbench/ui", ()),
        (uncounted, "workbench", ()),
        (sdk_makers, "workbench", ("workbench/aws", "workbench/profiles")),
        (mocks, "tests", ()),
    ],
)
def test_the_sources_keep(rule: Rule, folder: str, exempt: tuple[str, ...]) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{finding}"
        for path in (ROOT / folder).rglob("*.py")
        if not path.relative_to(ROOT).as_posix().startswith(exempt or "-")
        for finding in rule(ast.parse(path.read_text("utf-8")))
    }
    assert not found, rule.__doc__


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (untranslatable, 'self.tr(f"{n} functions")', 'self.tr("%n functions", "", n)'),
        (untranslatable, "self.tr(text)", 'tr("text")'),
        (untranslatable, 'QCoreApplication.translate("List", "a" + b)', 'translate("List", "a" "b")'),
        (uncounted, 'tr("%n jobs", "", n)', 'tr("1 job") if n == 1 else tr("%n jobs", "", n)'),
        (uncounted, 'tr("1 job") if m == 1 else tr("%n jobs", "", n)', 'tr("Next update in %n s", "", n)'),
        (uncounted, 'one, many = tr("1 job"), tr("%Ln jobs", "", n)', 'tr("Jobs: %1").replace("%1", n)'),
        (uncounted, 'translate("Jobs", "%n jobs", "", n)', 'tr("1 job") if a.n == 1 else tr("%n", "", a.n)'),
        (uncounted, 'tr("%n start", "", n)', 'tr("%n s, then stop", "", n)'),
        (uncounted, 'tr("%1 job(s)").replace("%1", n)', 'tr("Jobs: %1").replace("%1", n)'),
        (uncounted, 'WorkbenchError(f"{n} match(es).")', 'WorkbenchError(f"Matches: {n} (s3)")'),
        (sdk_makers, 'def f():\n boto3.client("lambda")', 'connection.client("lambda")'),
        (mocks, "from unittest.mock import Mock", "from unittest import TestCase"),
        (mocks, "from unittest import mock", "import mockery"),
    ],
)
def test_the_rule_bites(rule: Rule, bad: str, good: str) -> None:
    assert list(rule(ast.parse(bad)))
    assert not list(rule(ast.parse(good)))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


# ---- nothing happens on import ---------------------------------------------------------------------------

IMPORT_ALL = """
NOT_HERE = "workbench.sandbox.launcher"  # runs in processes of its own, and changes MiniStack on import
import importlib, pkgutil, sys, threading
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QFont, QIcon, QPaintDevice
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.startswith(NOT_HERE):
        importlib.import_module(module.name)
for thing in shiboken6.getAllValidWrappers():
    if isinstance(thing, (QObject, QFont, QIcon, QPaintDevice)):
        print(type(thing).__name__)
for thread in threading.enumerate()[1:]:
    print(thread.name)
"""


def made_on_import(package: str, folder: Path) -> list[str]:
    """The Qt objects and threads that exist once every module of the package has been imported."""
    said = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, package],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.split()


def test_importing_makes_no_qt_object_and_no_thread() -> None:
    """What is made on import exists before the application, outlives it, and belongs to nobody."""
    assert made_on_import("workbench", ROOT) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from PySide6.QtCore import QTimer; TIMER = QTimer()", ["QTimer"]),
        ("from PySide6.QtGui import QIcon; ICON = QIcon()", ["QIcon"]),
        ("import threading; T = threading.Timer(1, print); T.start()", ["Thread-1"]),
        ("from PySide6.QtCore import QSize; SIZE = QSize(16, 16)", []),
    ],
)
def test_what_is_made_on_import_is_found(tmp_path: Path, line: str, found: list[str]) -> None:
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "__init__.py").touch()
    (tmp_path / "planted" / "module.py").write_text(line, "utf-8")
    assert made_on_import("planted", tmp_path) == found
