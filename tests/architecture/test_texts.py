"""No text is made of fragments, or uses words that a native technical writer would not use there.

A text is every string literal that reads as prose: titles, labels, help, steps of plans, findings, errors.
Docstrings and the comments of translatable texts are left out.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT, SANDBOX, source_files

FORBIDDEN = {
    r"places?": "say which: account and region, folder, source",
    r"(?:take|takes|taken|taking|took)\b(?: [a-z%1]+){0,3} back": "undo, roll back",
    r"(?<!there )(?:is|are|was|were) no(?! longer)": "is not, does not exist, has no",
    r"(?:no|some|any|every)body": "no one, another user, anyone, everyone",
    r"by (?:itself|themselves)": "automatically",
    r"stay(?:s|ed)? out": "excluded",
    r"(?:go|goes|going|went) (?:on|in|out)": "continue, is included, is excluded",
    r"(?:hang|hangs|hanging) on": "related resources",
    r"mend(?:s|ed|ing)?": "repair",
    r"answer(?:s|ed|ing)?": "response, respond, return",
    r"(?:of|than) (?:its|their|your|one's) own": "separate, its own",
    r"as wanted": "as configured",
    r"that it had": "previous",
    r"belongings?": "related resources",
    r"becomes? of": "what happens to, after",
    r"told": "name who informs whom, or leave it out",
    r"look(?:s|ed|ing)? (?:at|for|after|whether|how|who|where|there)": "check, read, find",
    r"meanwhile": "in the meantime",
    r"any ?more": "no longer",
    r"may not": "cannot, might not, do not have permission to",
    r"put(?:s)? back|bring(?:s)? back": "restore",
    r"not there|there again|has gone|is gone": "does not exist, was restored, was deleted",
    r"shall": "should, will",
    r"whoever": "anyone who",
    r"let it be|as it is in AWS": "keep; no unsaved changes",
    r"begun": "started",
    r"blanks?": "spaces",
    r"the person": "the user",
    r"AWS (?:says|takes|wants)": "AWS reports, accepts, requires",
    r"for good": "permanently",
    r"a fault": "an error",
    r"all the same|just so|in vain|in all(?! (?:files|functions))|again and again": "leave it out",
    r"(?:one|pattern|argument) a line": "per line",
    r"act as (?:this|the)": "use",
    r"care": "protection",
    r"organisation|authoris\w+|recognis\w+": "American spelling, as AWS has it",
}
"""What no text may hold, as whole words in any case, with what to write instead."""

OLD_TEXTS = (
    "Functions there:",
    "Choose the way of the package",
    "Can be gone back to",
    "everything that it had started",
    "What it did in AWS before that is done",
    "Who may run it",
    "This works. Read what the checks say",
    "polls for nobody",
    "A key that AWS keeps",
    "have the power of one vCPU",
    "stands ready",
    "unsigned code is taken",
    "The same code is sent again",
    "What is not saved is searched too",
    "What you typed last time is back",
    "It never comes again",
    "A wave begins when",
    "This is no regular expression",
    "Nowhere: it is dropped",
)
"""Texts that users stumbled over, by words that only they have."""

AFTER_A_FRAGMENT = re.compile(
    r"\b(?:could|can|did|do|does|must|will|would|should) ?not (?:be )?(?:\{|%\d)|^to (?:\{|%\d)",
    re.IGNORECASE,
)
"""A text that goes on with a verb from elsewhere, which another language cannot put where it has to be."""

WHOLE_SENTENCE = re.compile(r"[A-Z{“].*\.", re.DOTALL)


AWS_WORDS = SANDBOX / "server" / "door"
"""Refuses in AWS's own words."""


def sources() -> list[Path]:
    return [each for each in source_files() if not each.is_relative_to(AWS_WORDS)]


def expression(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.:/-])(?:{pattern})(?![\w=-])", re.IGNORECASE)


def text_of(node: ast.Constant | ast.JoinedStr) -> str:
    """The text with {} where an f-string has an expression."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)


def literals(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        children: Iterable[ast.AST] = ()
        match node:
            case ast.Constant(value=str()):
                yield node
            case ast.Name() | ast.Constant():
                pass
            case ast.JoinedStr():
                yield node
                children = [each for each in node.values if isinstance(each, ast.FormattedValue)]
            case ast.Expr(value=ast.Constant()):
                pass  # a docstring
            case ast.arg() | ast.AnnAssign(value=None):
                pass  # annotations
            case ast.AnnAssign(value=value) if value is not None:
                children = [value]
            case ast.FunctionDef():
                children = [node.args, *node.body]
            case _:
                children = ast.iter_child_nodes(node)
        nodes += reversed(list(children))


def is_prose(text: str) -> bool:
    """More than one word, or a single capitalised one: not a name of an API, a key, a pattern or a query."""
    is_code = re.search(r"\\[bdswAZ]|\(\?|\bimport \w+|\bSELECT\b|\bCREATE TABLE\b|^CAST\(|^[a-z]+\[", text)
    return not is_code and bool(
        re.search(r"[a-z{}][^\s]* \S", text) or re.fullmatch(r"&?[A-Z][a-z]+[.…:]?", text)
    )


@lru_cache(maxsize=1)
def nodes_of(path: Path) -> Sequence[ast.AST]:
    """All nodes of a file's tree, the tree itself first. A million nodes of all files are not kept."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@lru_cache(maxsize=1)
def literals_of(path: Path) -> Sequence[ast.Constant | ast.JoinedStr]:
    return tuple(literals(nodes_of(path)[0]))


@cache
def texts(path: Path) -> tuple[tuple[int, str], ...]:
    found = ((node.lineno, text_of(node)) for node in literals_of(path))
    return tuple((line, text) for line, text in found if is_prose(text))


def findings(path: Path) -> list[str]:
    found = []
    for line, text in texts(path):
        for pattern, better in FORBIDDEN.items():
            if match := expression(pattern).search(text):
                where = f"{path.relative_to(ROOT)}:{line}"
                found.append(f"{where}: “{match.group()}” ({better}) in {text!r}")
        found += [
            f"{path.relative_to(ROOT)}:{line}: {text!r}" for old in OLD_TEXTS if old.lower() in text.lower()
        ]
    return found


def is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and re.search("[A-Za-z]{2}", str(node.value)) is not None


def fragments(path: Path) -> Iterator[str]:
    """Texts that are completed with a verb, or that choose between two words for a gap in them."""
    for line, text in texts(path):
        if AFTER_A_FRAGMENT.search(text):
            yield f"{path}:{line}: {text!r}"
    for node in literals_of(path):
        if isinstance(node, ast.JoinedStr) and is_prose(text_of(node)):
            gaps = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
            if any(isinstance(gap, ast.IfExp) and is_word(gap.body) and is_word(gap.orelse) for gap in gaps):
                yield f"{path}:{node.lineno}: {text_of(node)!r}"


@cache
def positions_of_failure(path: Path) -> Mapping[str, int]:
    """The functions of a file that take `failure` by position, and at which."""
    found: dict[str, int] = {}
    if "failure" not in path.read_text(encoding="utf-8"):
        return found
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef):
            names = [each.arg for each in node.args.args if each.arg not in ("self", "cls")]
            if "failure" in names:
                found[node.name] = names.index("failure")
    return found


@cache
def public_positions_of_failure() -> Mapping[str, int]:
    every = {name: at for path in sources() for name, at in positions_of_failure(path).items()}
    return {name: at for name, at in every.items() if not name.startswith("_")}


def message(node: ast.expr) -> ast.expr:
    """The text in `_("…")` and `_("…").format(…)`."""
    match node:
        case ast.Call(ast.Attribute(inner, "format")) | ast.Call(ast.Name("_"), [inner]):
            return message(inner)
    return node


def failures(path: Path) -> Iterator[tuple[int, str]]:
    """The texts that are given as `failure`, what an error says first."""
    positions = {**public_positions_of_failure(), **positions_of_failure(path)}
    for node in nodes_of(path):
        given: list[ast.expr] = []
        match node:
            case ast.keyword(arg="failure", value=value) | ast.Assign([ast.Name("failure")], value):
                given = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name), args) if name in positions:
                given = args[positions[name] :][:1]
        for each in map(message, given):
            if isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and each.value):
                yield each.lineno, text_of(each)


@dataclass(slots=True)
class Found:
    """What is in the sources: each file is parsed once for all tests."""

    puzzling: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    no_sentences: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def found() -> Found:
    """What is in the sources."""
    found = Found()
    for path in source_files():
        nodes = nodes_of(path)
        found.classes |= {node.name for node in nodes if isinstance(node, ast.ClassDef)}
        found.words |= {word for text in _translated(nodes) for word in re.findall(r"\w+", text)}
        if path.is_relative_to(AWS_WORDS):
            continue
        found.puzzling += findings(path)
        found.fragments += fragments(path)
        found.no_sentences += [
            f"{path}:{line}: {text!r}" for line, text in failures(path) if not WHOLE_SENTENCE.fullmatch(text)
        ]
    return found


def test_no_text_holds_a_word_that_puzzles(found: Found) -> None:
    assert not found.puzzling, "\n".join(found.puzzling)


def test_no_text_is_made_of_fragments(found: Found) -> None:
    assert not found.fragments, "Write a whole sentence for each case:\n" + "\n".join(found.fragments)


def test_what_failed_is_a_whole_sentence(found: Found) -> None:
    assert not found.no_sentences, "\n".join(found.no_sentences)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('f"Could not {verb}."', 1),
        ('f"The role cannot {verb} it."', 1),
        ('_("To {verb}, choose a role.")', 1),
        ("f\"{'Enable' if on else 'Disable'} the rule {name}\"", 1),
        ('f"Could not delete {name}."', 0),
        ("f\"{count} file{'s' if count > 1 else ''}\"", 0),
    ],
)
def test_fragments_are_found(source: str, count: int, tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(f"show({source})\n", encoding="utf-8")
    assert len(list(fragments(sample))) == count


@pytest.mark.parametrize(
    "source",
    [
        'call(failure="list the functions")',
        'failure = f"delete {name}"',
        'call(failure="Could not list")',
        'find(connection, "get_role", f"read the role {name}")',
    ],
)
def test_a_failure_that_is_no_sentence_is_found(source: str, tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(source, encoding="utf-8")
    assert [text for _, text in failures(sample) if not WHOLE_SENTENCE.fullmatch(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Places: 3",
        "Everything that was done is taken back.",
        "This is no ARN.",
        "Nobody may invoke it.",
        "The endpoint's answer",
        "Take Back",
    ],
)
def test_a_pattern_finds_it(text: str) -> None:
    assert any(expression(pattern).search(text) for pattern in FORBIDDEN)


@pytest.mark.parametrize(
    "text",
    ["There is no log group.", "It is no longer used.", "Marketplace", "lambda:InvokeFunction", "maybe"],
)
def test_no_pattern_finds_it(text: str) -> None:
    assert not any(expression(pattern).search(text) for pattern in FORBIDDEN)


def test_texts_are_found_where_they_are_written(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        '"""A docstring of this module."""\n'
        '_("Open the file")\n'
        'raise WorkbenchError(f"Could not read {name}.", "Why not" " at all")\n'
        'call("lambda", "list_functions")\n',
        encoding="utf-8",
    )
    assert [text for _, text in texts(source)] == ["Open the file", "Could not read {}.", "Why not at all"]


def _translated(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The texts that a module marks for translation."""
    for node in nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        for argument in node.args[: {"_": 1, "ngettext": 2}.get(node.func.id, 0)]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def test_no_text_names_a_class_of_the_program(found: Found) -> None:
    """A renamed class is renamed in the code alone."""
    both = found.words & found.classes
    assert not {name for name in both if re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}", name)}
