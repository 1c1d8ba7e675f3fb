"""Rules about how Workbench is written that no linter knows: sizes, translated texts, who makes what."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT, source_files

# ---- rules over syntax trees: each is a function from a tree's nodes to what it found -----------------


Nodes = Sequence[ast.AST]
"""All nodes of a file's tree: they are collected once for all rules."""


_TRANSLATING = {"_": 1, "ngettext": 2}
"""What marks texts for translation: function -> how many of its arguments must be literals."""


def untranslatable(nodes: Nodes) -> Iterator[str]:
    """A text for translation is a literal: catalogues are made from the sources. Qt's tr() has none."""
    for call in _calls(nodes):
        function = _name(call.func)
        of_qt = function == "QCoreApplication.translate" or function.endswith(".tr")
        if of_qt or not all(map(_is_text, call.args[: _TRANSLATING.get(function, 0)])):
            yield f"{call.lineno}: {ast.unparse(call)}"


def uncounted(nodes: Nodes) -> Iterator[str]:
    """Plurals are made by ngettext, as languages have one form, or five; no text says "job(s)"."""
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _EITHER.search(each.value):
            yield f"{each.lineno}: {each.value}"
        if not isinstance(each, ast.IfExp) or not isinstance(each.test, ast.Compare):
            continue
        is_one = any(isinstance(side, ast.Constant) and side.value == 1 for side in each.test.comparators)
        texts = [
            text.value
            for side in (each.body, each.orelse)
            for text in ast.walk(side)
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and _COUNTED.search(text.value)
        ]
        if is_one and texts:
            yield f"{each.lineno}: {ast.unparse(each)}"


_EITHER = re.compile(r"\w\(e?s\)")
_COUNTED = re.compile(r"^s$|\{(count|number|total|left|more)\b[^}]*\} \w|\b1 [a-z]{3}")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def sdk_makers(nodes: Nodes) -> Iterator[str]:
    """Only a Connection makes boto3 clients and sessions: it knows profile, time-outs and retries."""
    for call in _calls(nodes):
        if _name(call.func) in (
            "boto3.client",
            "boto3.resource",
            "boto3.Session",
            "boto3.session.Session",
        ):
            yield f"{call.lineno}: {ast.unparse(call)}"


def mocks(nodes: Nodes) -> Iterator[str]:
    """Tests use real parts, fakes and botocore's Stubber: a mock of a Qt method or a client tests itself."""
    for node in nodes:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (f"{module}" for module in modules if module.startswith(("unittest.mock", "mock.")))


def rich_widgets(nodes: Nodes) -> Iterator[str]:
    """Only workbench/ui/kit/text.py makes what takes a text for HTML, or is given HTML.

    A label is a PlainLabel or, for Markup, a RichLabel; a message box comes from message_box; a line of text
    is asked for by ask_text. Text fields are QPlainTextEdit, of which only the plain setters are called.
    """
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            found = any(_name(base).rpartition(".")[2] in _RICH_WIDGETS for base in node.bases)
        elif isinstance(node, ast.alias):
            found = node.name in _RICH_WIDGETS and node.asname is not None
        elif isinstance(node, ast.Attribute):
            found = node.attr in ("WhatsThisRole", "AutoText", "RichText", "MarkdownText")
        elif isinstance(node, ast.Call):
            owner, _, name = _name(node.func).rpartition(".")
            owner = owner.rpartition(".")[2]
            found = (
                name in _RICH_WIDGETS
                or name in _RICH_SETTERS
                or (owner == "QMessageBox" and name in _QUESTIONS)
                or (owner == "QInputDialog" and not all(map(_is_plain, node.args[1:3])))
            )
        else:
            continue
        if found:
            yield f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"


_RICH_WIDGETS = {
    *("QLabel", "QMessageBox", "QErrorMessage", "QInputDialog", "QProgressDialog", "QWizard", "QWizardPage"),
    *("QTextEdit", "QTextBrowser", "QSplashScreen", "QStaticText", "QGraphicsTextItem", "QSystemTrayIcon"),
    *("TextItem", "LabelItem", "LegendItem", "InfLineLabel", "PlotItem", "PlotWidget"),  # of pyqtgraph
    "Markup",
}
_RICH_SETTERS = {
    *("setTextFormat", "setHtml", "insertHtml", "appendHtml", "fromHtml", "setWhatsThis", "setStatusTip"),
    *("setMarkdown", "insertMarkdown", "fromMarkdown", "setInformativeText", "setDetailedText"),
}
_QUESTIONS = {"question", "about", "aboutQt", "warning", "information", "critical"}


def hand_made_forms(nodes: Nodes) -> Iterator[str]:
    """A form is rows of `kit.form.Form`: labels, messages, alignment and names for screen readers."""
    for node in nodes:
        if "QFormLayout" in (getattr(node, "name", ""), getattr(node, "attr", "")):
            yield ast.unparse(node)


def own_models(nodes: Nodes) -> Iterator[str]:
    """A table is columns of `kit.table.Table`: sorting, copying, export, empty state, speed."""
    for node in nodes:
        if isinstance(node, ast.ClassDef) and any(_name(base) in _QT_MODELS for base in node.bases):
            yield node.name


_QT_MODELS = {"QAbstractItemModel", "QAbstractListModel", "QAbstractTableModel"}
OWN_MODELS = {
    "workbench/ui/features/code/search_panel.py": "a tree",
    "workbench/ui/features/logs/tables.py": "a million rows, read when seen; columns that AWS chooses",
    "workbench/ui/files/tree.py": "a tree",
    "workbench/ui/kit/": "the kit's own",
    "workbench/ui/result/answer_view.py": "a tree",
    "workbench/ui/shell/function_rows.py": "a list with its own painting",
    "workbench/ui/shell/profile_list.py": "a list with its own painting, of a hundred thousand rows",
}
"""Item models that are no tables of the kit: path -> why."""


def rich_tips(nodes: Nodes) -> Iterator[str]:
    """A tool tip is a literal or comes from tool_tip: Qt takes a text for HTML when it looks like HTML.

    A model compares a role with ToolTipRole alone, and all that it gives for it comes from tool_tip.
    """
    known: set[ast.AST] = set()
    for call in _calls(nodes):
        function = _name(call.func).rpartition(".")[2]
        position = _TIP_SETTERS.get(function)
        if function in ("setItemData", "setData") and any(map(_is_tip_role, call.args)):
            known |= {arg for arg in call.args if _is_tip_role(arg)}
            position = -2 if function == "setItemData" else _role_last(call)
        elif function in ("data", "currentData", "itemData", "headerData"):  # only reads it
            known |= {arg for arg in call.args if _is_tip_role(arg)}
        if _name(call.func) == "QToolTip.showText":
            position = 1
        if position is not None and not (call.args and _is_plain(call.args[position])):
            yield f"{call.lineno}: {ast.unparse(call)}"
    for choice in (node for node in nodes if isinstance(node, ast.If)):
        tests = choice.test.values if isinstance(choice.test, ast.BoolOp) else [choice.test]
        for test in tests:
            if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
                roles = [side for side in (test.left, *test.comparators) if _is_tip_role(side)]
                known |= set(roles)
                answers = [node for line in choice.body for node in ast.walk(line) if roles]
                for answer in (node for node in answers if isinstance(node, ast.Return)):
                    if not (answer.value is None or _is_plain(answer.value)):
                        yield f"{answer.lineno}: {ast.unparse(answer)}"
    for node in nodes:
        if _is_tip_role(node) and node not in known:
            yield f"{node.lineno}: {ast.unparse(node)}"  # type: ignore[attr-defined]


_TIP_SETTERS = {"setToolTip": -1, "setTabToolTip": -1, "setItemToolTip": -1}


def _is_tip_role(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "ToolTipRole"


def _role_last(call: ast.Call) -> int:
    """Where the value is: item.setData(role, value) or model.setData(index, value, role)."""
    return -2 if _is_tip_role(call.args[-1]) else -1


def _is_plain(node: ast.expr) -> bool:
    """Whether an expression is a literal, a literal for translation or tool_tip(...), or a choice of them."""
    if isinstance(node, ast.IfExp):
        return _is_plain(node.body) and _is_plain(node.orelse)
    if isinstance(node, ast.BoolOp):
        return all(map(_is_plain, node.values))
    if isinstance(node, ast.Call):
        function = _name(node.func).rpartition(".")[2]
        return function == "tool_tip" or (function in _TRANSLATING and all(map(_is_text, node.args[:2])))
    return isinstance(node, ast.Constant)


Rule = Callable[[Nodes], Iterator[str]]
RULES: dict[Rule, tuple[str, ...]] = {
    untranslatable: ("sandbox/",),
    uncounted: (  # AWS's texts
        "sandbox/workbench_sandbox/server/door/rules",
        "sandbox/workbench_sandbox/server/filter_patterns.py",
        "sandbox/workbench_sandbox/server/workers.py",
    ),
    sdk_makers: ("workbench/aws", "workbench/profiles"),
    rich_widgets: ("workbench/ui/kit/text.py",),
    rich_tips: (),
    hand_made_forms: ("workbench/ui/kit/",),
    own_models: tuple(OWN_MODELS),
}
"""The rules of the program's sources, and what is exempt from each."""


@pytest.fixture(scope="module")
def findings() -> dict[Rule, set[str]]:
    """What breaks each rule: every file is parsed once for all of them."""
    found: dict[Rule, set[str]] = {rule: set() for rule in RULES}
    for path in source_files():
        name = path.relative_to(ROOT).as_posix()
        nodes = _nodes(path.read_text("utf-8"))
        for rule, exempt in RULES.items():
            if not name.startswith(exempt or "-"):
                found[rule] |= {f"{name}:{finding}" for finding in rule(nodes)}
    return found


@pytest.mark.parametrize("rule", RULES)
def test_the_sources_keep(findings: dict[Rule, set[str]], rule: Rule) -> None:
    assert not findings[rule], rule.__doc__


def test_tests_use_no_mocks() -> None:
    sources = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")}
    found = {
        f"{path.relative_to(ROOT)}:{finding}"
        for path, source in sources.items()
        if "mock" in source  # else there is nothing to find
        for finding in mocks(_nodes(source))
    }
    assert not found, mocks.__doc__


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (untranslatable, '_(f"{n} functions")', '_("{count} functions").format(count=n)'),
        (untranslatable, "_(text)", '_("text")'),
        (untranslatable, '_("a" + b)', '_("a" "b")'),
        (untranslatable, "ngettext(one, many, n)", 'ngettext("{count} job", "{count} jobs", n)'),
        (untranslatable, 'self.tr("text")', 'table._("text", key)'),
        (untranslatable, 'QCoreApplication.translate("List", "text")', 'translate("text")'),
        (uncounted, '_("1 job") if n == 1 else _("{count} jobs")', 'ngettext("{n} job", "{n} jobs", n)'),
        (uncounted, "f\"job{'s' if n > 1 else ''}\"", '"first" if n == 1 else "second"'),
        (uncounted, '_("{count} job(s)")', '_("Jobs: {count}")'),
        (uncounted, 'WorkbenchError(f"{n} match(es).")', 'WorkbenchError(f"Matches: {n} (s3)")'),
        (sdk_makers, 'def f():\n boto3.client("lambda")', 'connection.client("lambda")'),
        (mocks, "from unittest.mock import Mock", "from unittest import TestCase"),
        (mocks, "from unittest import mock", "import mockery"),
        (rich_widgets, "QLabel(name)", "PlainLabel(name)"),
        (rich_widgets, 'QLabel("A constant")', "parent.findChildren(QLabel)"),
        (rich_widgets, "self.title = named(QtWidgets.QLabel(), 'title')", "isinstance(widget, QLabel)"),
        (rich_widgets, "class Meter(QLabel): pass", "class Meter(PlainLabel): pass"),
        (rich_widgets, "from PySide6.QtWidgets import QLabel as Label", "from x import QLabel"),
        (rich_widgets, "label.setTextFormat(Qt.TextFormat.RichText)", "label.setText(name)"),
        (rich_widgets, "label.setTextFormat(Qt.TextFormat.PlainText)", "label.setWordWrap(True)"),
        (rich_widgets, "QMessageBox(parent)", "message_box(parent, title, text)"),
        (
            rich_widgets,
            "QMessageBox.question(self, a, b)",
            "box.exec() == QMessageBox.StandardButton.Discard",
        ),
        (rich_widgets, "box.setInformativeText(text)", "box.setText(text)"),
        (
            rich_widgets,
            "QInputDialog.getInt(self, title, name)",
            'QInputDialog.getInt(self, _("A"), _("B"))',
        ),
        (rich_widgets, "QTextBrowser()", "QPlainTextEdit()"),
        (rich_widgets, "QTextEdit().append(text)", "QTextEdit.ExtraSelection()"),
        (rich_widgets, "document.setHtml(text)", "document.setPlainText(text)"),
        (rich_widgets, "field.appendHtml(text)", "field.appendPlainText(text)"),
        (rich_widgets, "pg.TextItem(html=text)", "painter.drawText(area, flags, text)"),
        (rich_widgets, "widget.setWhatsThis(text)", "widget.setAccessibleName(text)"),
        (rich_widgets, "if role == Qt.ItemDataRole.WhatsThisRole: pass", "Qt.ItemDataRole.DisplayRole"),
        (rich_widgets, 'Markup(f"<b>{name}</b>")', "colored(name, color)"),
        (hand_made_forms, "from PySide6.QtWidgets import QFormLayout", "form = Form()"),
        (hand_made_forms, "form = QtWidgets.QFormLayout()", "rows = QVBoxLayout()"),
        (own_models, "class Rows(QAbstractTableModel): pass", "class Rows(TableModel[Row]): pass"),
        (rich_tips, "widget.setToolTip(name)", "widget.setToolTip(tool_tip(name))"),
        (
            rich_tips,
            'widget.setToolTip(_("Of {count}").format(count=n))',
            'widget.setToolTip(_("Close"))',
        ),
        (rich_tips, 'item.setToolTip(0, f"{name}")', "item.setToolTip(0, tool_tip(name))"),
        (rich_tips, "item.setToolTip(a if b else '')", "item.setToolTip(tool_tip(a) if b else '')"),
        (rich_tips, "self.setTabToolTip(1, path)", "self.setTabToolTip(1, tool_tip(path))"),
        (rich_tips, "QToolTip.showText(at, text, view)", "QToolTip.showText(at, tool_tip(text), view)"),
        (
            rich_tips,
            "box.setItemData(1, tip, Qt.ItemDataRole.ToolTipRole)",
            "box.setItemData(1, tool_tip(tip), Qt.ItemDataRole.ToolTipRole)",
        ),
        (
            rich_tips,
            "item.setData(Qt.ItemDataRole.ToolTipRole, tip)",
            "item.setData(Qt.ItemDataRole.ToolTipRole, tool_tip(tip))",
        ),
        (
            rich_tips,
            "def data(role):\n if role == Qt.ItemDataRole.ToolTipRole:\n  return name",
            "def data(role):\n if role == Qt.ItemDataRole.ToolTipRole:\n  return tool_tip(name) or None",
        ),
        (
            rich_tips,
            "def data(role):\n if role in (DISPLAY, Qt.ItemDataRole.ToolTipRole):\n  return tool_tip(name)",
            "def data(role):\n if role == Qt.ItemDataRole.ToolTipRole and row:\n  return tool_tip(name)",
        ),
        (
            rich_tips,
            "return {Qt.ItemDataRole.ToolTipRole: name}.get(role)",
            "return index.data(Qt.ItemDataRole.ToolTipRole)",
        ),
    ],
)
def test_the_rule_bites(rule: Rule, bad: str, good: str) -> None:
    assert list(rule(_nodes(bad)))
    assert not list(rule(_nodes(good)))


def _nodes(source: str) -> Nodes:
    return list(ast.walk(ast.parse(source)))


def _calls(nodes: Nodes) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call))


def _name(node: ast.expr) -> str:
    """The source of an expression, which is mostly a name: those take no unparser."""
    names = []
    inner = node
    while isinstance(inner, ast.Attribute):
        names.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return ast.unparse(node)
    return ".".join([inner.id, *reversed(names)])


# ---- nothing happens on import ---------------------------------------------------------------------------

IMPORT_ALL = """
NOT_HERE = "workbench_sandbox.server"  # runs in processes of its own, and changes MiniStack on import
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
