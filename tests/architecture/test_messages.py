"""Every text that a user reads can be translated: it is given to _() or ngettext() where it is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

NOT_SHOWN = (
    "workbench/profiles/credentials_helper.py",  # speaks to the AWS CLI
    "workbench/__main__.py",  # the command line, before the language is known
)

SHOWN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        (
            "setText",
            "setToolTip",
            "setWindowTitle",
            "setAccessibleName",
            "setAccessibleDescription",
            "setTitle",
        ),
        (0,),
    ),
    **dict.fromkeys(
        ("setPlaceholderText", "setStatusText", "set_title", "say", "show_status", "addMenu"), (0,)
    ),
    **dict.fromkeys(("PlainLabel", "QPushButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction"), (0,)),
    **dict.fromkeys(
        ("addAction", "addTab", "addItem", "addRow", "addButton", "tool_tip", "addSection"), (0, 1)
    ),
    **dict.fromkeys(("named", "text_label"), (1, 2)),
    **dict.fromkeys(("show_notice", "message_box"), (0, 1, 2)),
    "WorkbenchError": (0, 1, 2),
    "Rule": (0, 1),
    "Finding": (2, 3),
    "Fix": (1,),
    "Step": (1, 5),
    "DeployStep": (1,),
    "Explanation": (0, 1, 2, 3, 4, 5, 6, 7),
    "Parameter": (1,),
    "FieldSpec": (1,),
    **dict.fromkeys(("Job", "start"), (0,)),
    "progress": (2,),
    "report": (0,),
    "explain_os_error": (1, 2),
}
"""What shows a text: function -> the positions of the texts."""

_KEYWORDS = {
    "failure",
    "undo",
    "help",
    "hint",
    "title",
    "what",
    "why",
    "remedy",
    "label",
    "words",
    "note",
    "reason",
}
_UNSEEN = re.compile(
    r"(^|\.)(_?log(ger)?|logging|re|json|os|threading|warnings)\.\w+$|^(Value|Type|Key|Runtime|Lookup|Assertion|NotImplemented|OS|Connection|BlockingIO|UnicodeDecode)Error$|^(Damaged|Newer|BrokenStream|ThreadPoolExecutor|AddSection|once|_ensure_function)$|\.execute(many|script)?$"
    r"|\.(get|setdefault|pop|index|startswith|endswith|removeprefix|removesuffix|replace|partition|rpartition"
    r"|split|encode|strip|lstrip|rstrip|add_argument|write_text|write)$|^(_|ngettext|Path|compile|getattr)$"
)
_WORDS = re.compile(r"(?<![\w{./@*:=-])[A-Za-z][a-z]+(?![\w./@=]\S)")
_SENTENCE = re.compile(r"[A-Z“{✓✗][^\n]*[a-z][^\n]* [^\n]*[.?!:…]", re.DOTALL)
_PHRASE = re.compile(r"(?:^|[\s(“,])(?:[a-z]{2,}|[A-Z][a-z]+|an?) (?:[a-z]{2,}|\{\}|“)")
"""Two words of a text: part of a sentence, or the label of something."""
_DATA = re.compile(r"\{\w|\}\w|\w:\w|[\\|=<>^$\n`]")
_CODE = re.compile(
    r"\s*(SELECT|DELETE FROM|INSERT|UPDATE \w+ SET|CREATE|PRAGMA|ALTER)\b|<\w+[ >]|\bself\.|=\"|^def |^\{\""
    r"|^arn:|^interruption|^(Disabled|Unhandled|Min|Max|Workbench)$"  # names of objects and of AWS
    r"|^Workbench (power tuning|test)|^Workbench \{\}, Python"  # for AWS
    r"|^Made by Workbench|^Dependencies of \{\}$|^(profile|services) \{\}$|^File \"\{\}|^, at \{\}$"
    r"|^\{\} min \{\} s$|^\"out of memory\"$|^aws login|^Test events of"
    r"|^Because \{\}|^libdeflate|^The (code is in|bucket) \{\}|^Not in this file|^Workbench knows no"
)


def unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts that nothing translates: whole sentences, and words that are given to what shows them."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(e.value) if isinstance(e, ast.Constant) else "{}" for e in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        shown = _is_shown(node, parents)
        if shown is None or _CODE.search(text):
            continue
        words = _WORDS.findall(text)
        if (
            (_PHRASE.search(text) and not _DATA.search(text) and not _names_a_thing(node, parents))
            or (_SENTENCE.fullmatch(text.strip()) and len(words) > 1)
            or (shown and (len(words) > 1 or re.fullmatch(r"[A-Z][a-z]{2,}( \{\})?[.…:]?", text)))
        ):
            yield node.lineno, text


def _names_a_thing(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a text is a member of an enum or a module's constant: such names are stored and compared."""
    if isinstance(node, ast.JoinedStr):
        return False
    inner: list[ast.AST] = [node]
    while not isinstance(parents[inner[-1]], ast.stmt):
        inner.append(parents[inner[-1]])
    statement = parents[inner[-1]]
    match statement, parents[statement]:
        case ast.Assign(), ast.ClassDef(bases=bases):
            return any("Enum" in ast.unparse(base) for base in bases)
        case ((ast.Assign() | ast.AnnAssign()), ast.Module()):
            return not any(isinstance(each, ast.Dict | ast.IfExp) for each in inner)
        case _:
            return False


def _is_shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool | None:
    """Whether a literal is given to what shows it; None where it is marked, or no text."""
    child, parent, shown = node, parents[node], False
    if isinstance(parent, ast.JoinedStr | ast.FormattedValue):
        return None
    while not isinstance(parent, ast.stmt):
        match parent:
            case ast.Compare() | ast.MatchValue() | ast.arguments():
                return None
            case ast.Subscript(slice=key) if child is key:
                return None
            case ast.IfExp(test=test) if child is test:
                return None
            case ast.Dict(keys=keys) if child in keys:
                return None
            case ast.keyword(arg=name):
                if name in ("message", "description", "Description", "pattern"):
                    return None
                shown = shown or name in _KEYWORDS
            case ast.Call(func=func, args=args):
                name = ast.unparse(func)
                if child is func or _UNSEEN.search(name):
                    return None
                positions = SHOWN.get(name.rpartition(".")[2], ())
                shown = shown or (child in args and args.index(child) in positions)
        if parent not in parents:
            return None
        child, parent = parent, parents[parent]
    if isinstance(parent, ast.Expr) and child is node:
        return None  # a docstring
    if isinstance(parent, ast.Return) and not isinstance(child, ast.Call | ast.Compare):
        shown = not isinstance(node, ast.Constant) or " " in str(node.value)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        shown = shown or parent.targets[0].id.strip("_").lower() in _KEYWORDS
    if isinstance(parent, ast.Assert | ast.FunctionDef | ast.ClassDef | ast.Match):
        return None
    return None if isinstance(parent, ast.AnnAssign) and child is parent.annotation else shown


def test_every_text_can_be_translated() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:100]!r}"
        for path in sorted((ROOT / "workbench").rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(NOT_SHOWN)
        for line, text in unmarked(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ('PlainLabel("Log group")', 'PlainLabel(_("Log group"))'),
        ('label.setText(f"{count} functions found")', 'label.setText(f"{count}")'),
        ('raise WorkbenchError("Not deployed.")', 'raise WorkbenchError(_("Not deployed."))'),
        ('TEXT = "The function does not exist."', '_log.info("The function %s does not exist.", name)'),
        ('box.addItem("Always" if on else "")', 'box.addItem(_("Always") if on else "")'),
        ('ctx.progress(0, 1, f"Reading {name}")', 'ctx.progress(0, 1, "")'),
        ('named(QLabel(), "name", "Text")', 'named(QLabel(), "objectName")'),
        ('parts = [f"until {end} or later"]', 'parts = [_("after {s} s").format(s=pause_s)]'),
        ('kept = {"when": "until it expires"}', 'class Kind(Enum):\n    MAPPING = "event source mapping"'),
        ('return "It failed." if failed else ""', 'return state == "It is not done yet."'),
    ],
)
def test_an_unmarked_text_is_found(bad: str, good: str) -> None:
    assert list(unmarked(ast.parse(bad)))
    assert not list(unmarked(ast.parse(good)))


def fragments(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts to translate that are joined to another one: in other languages, they would stand elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "ngettext"):
            for text in node.args:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    said = text.value
                    if said != said.strip(" ") or said.startswith((",", ";", ":", ")")) or said.endswith("("):
                        yield node.lineno, said


def test_every_text_is_whole() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:100]!r}"
        for path in sorted((ROOT / "workbench").rglob("*.py"))
        for line, text in fragments(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text", ['" after {s} s"', '"AWS refuses it. "', '", about ${cost}"', '"; {count} stop"', '"{name} ("']
)
def test_a_fragment_is_found(text: str) -> None:
    assert list(fragments(ast.parse(f"_({text})")))
    assert not list(fragments(ast.parse('_("{name}, after {s} s: done.")')))
