"""Random configuration files and random edits: what comes out is what was meant, or nothing.

The files are of the kind that people and programs leave behind, and worse. What an edit means is told here
once more, in a few lines, and compared with what botocore reads.
"""

import argparse
import configparser
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError

from workbench.core.errors import WorkbenchError
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
    apply_edits,
    verify,
)

SEED = 20260313

type Found = dict[str, dict[str, str]]

_NAMES = ["default", "profile a", 'profile "a"', "profile b c", " profile a", "a", "profile bob's", "DEFAULT"]
_NAMES += ["sso-session s", "services l", "profile é", "profile a] # [x", "a\xa0", "profile a=b", "preview"]
_OPTIONS = [
    "region",
    "Region",
    "output",
    "s3",
    "role_arn",
    "aws_access_key_id",
    "x y",
    "é",
    "a.b-c",
    "[x",
    "q[1]",
]
_VALUES = [
    "",
    "eu-west-1",
    "a = b",
    "x:y",
    "[profile z]",
    "v # no",
    "v ;no",
    '"q"',
    "é日本",
    "%(x)s",
    "a\xa0b",
    "=",
    "]",
]
_ODD_VALUES = [
    "a\nb",
    "\na = b",
    "\na = b\nc = d",
    "\nx",
    " a",
    "a ",
    "a\r",
    "a\0",
    "#a",
    "\n# a = b",
    "a\x0bb",
    "\u2028",
]
_GOOD_VALUES = [*(each for each in _VALUES if each not in ("v # no", "v ;no")), "\na = b", "\na = b\nc = d"]
_FREE_NAMES = [*_NAMES[:4], "a", "profile a+1", "profile d", "profile e", "profile f@g", "sso-session t"]
_NEW_NAMES = [*_NAMES, "profile new", "new", "x]", "x\ny", " x", ""]
_BLANKS = ["", "", "", "", "  ", "\t", " \t ", "\x0c", "\xa0", "\u3000"]
_ODD_LINES = ["hello", "= 1", ":", "[", "[]", "[x", "]", "\ufeff", "é", "[profile a", "key", "\x1c", "\x85"]
_ENDS = ["\n", "\n", "\n", "\r\n", "\r"]


def random_file(random: Random) -> bytes:
    """A configuration file. A quarter are wild: hardly one of those can be read."""
    wild = 0.1 if random.random() < 0.25 else 0.0
    end = random.choice(_ENDS)
    lines = _loose(random) if random.random() < 0.3 else []
    for name in random.sample(_NAMES, random.choice([0, *range(1, 7), *range(1, 7)])):
        indent = random.choice(_BLANKS) if random.random() < wild else ""
        lines.append(f"{indent}[{name}]{random.choice(['', '', '', ' # x', ' ;', 'z'])}")
        lines += _options(random, wild)
    for at in range(len(lines)):
        if random.random() < wild / 3:
            lines[at] = random.choice([random.choice(_ODD_LINES), random.choice(_BLANKS) + lines[at]])
    mixed = random.random() < 0.1
    text = "".join(line + (random.choice(_ENDS) if mixed else end) for line in lines)
    if random.random() < 0.3:
        text = text.removesuffix(end)
    data = text.encode()
    if random.random() < wild and data:
        at = random.randrange(len(data))
        data = data[:at] + random.choice([b"\xe9", b"\0", b"\xff\xfe"]) + data[at:]
    return b"\xef\xbb\xbf" + data if random.random() < 0.05 else data


def _options(random: Random, wild: float) -> list[str]:
    lines = _loose(random)
    indent = random.choice(_BLANKS) if random.random() < 0.3 else ""
    names = random.sample(_OPTIONS, random.randint(0, 5))
    for option in names if wild else [each for each in names if each not in ("Region", "[x")]:
        gap, sign = random.choice(["", " ", "  ", "\t"]), random.choice("===:")
        value = random.choice(_VALUES)
        lines.append(f"{indent}{option}{gap}{sign}{random.choice(_BLANKS)}{value}")
        if random.random() < 0.2:
            deeper = indent + random.choice(["  ", "\t", "      "])
            some = ["a = b", "c=d", "# why", "region = x", "", *(["plain"] if value or wild else [])]
            lines += [deeper + random.choice(some) for _ in range(random.randint(1, 3))]
        if wild and random.random() < wild:
            indent = random.choice(_BLANKS)
        lines += _loose(random)
    return lines


def _loose(random: Random) -> list[str]:
    """Blank lines and comments."""
    some = ["", "", "  ", "# why", "; old = 1", "   # in", "#[profile a]", "\t"]
    return [random.choice(some) for _ in range(random.choice([0, 0, 0, 1, 1, 2, 3]))]


def random_edits(random: Random, data: bytes) -> list[Edit]:
    """One to three edits; most fit the file."""
    found = {name: list(options) for name, options in (_read(data) or {}).items()}
    edits: list[Edit] = []
    for _ in range(random.choice([1, 1, 2, 3])):
        odd = random.random() < 0.1 or not found
        section = random.choice(_NAMES if odd else list(found))
        new_name = random.choice(_NEW_NAMES if odd else [each for each in _FREE_NAMES if each not in found])
        new_options = _OPTIONS if odd else ["region", "output", "sso_session", "s3", "duration_seconds"]
        match random.choice(["set", "set", "set", "remove", "add", "remove section", "rename"]):
            case "set":
                option = random.choice([*found.get(section, []), *new_options])
                edits.append(SetOption(section, option, _value(random, odd)))
            case "remove":
                edits.append(RemoveOption(section, random.choice([*found.get(section, []), *new_options])))
            case "add":
                some = random.sample(new_options, random.randint(0, 3))
                edits.append(AddSection(new_name, tuple((option, _value(random, odd)) for option in some)))
                found[new_name] = some
            case "remove section":
                edits.append(RemoveSection(section))
                found.pop(section, None)
            case "rename":
                edits.append(RenameSection(section, new_name))
                found[new_name] = found.pop(section, [])
    return edits


def _value(random: Random, odd: bool) -> str:
    return random.choice(_ODD_VALUES if odd else _GOOD_VALUES)


def check(data: bytes, edits: Sequence[Edit], folder: Path) -> str:
    """Makes edits on a file's content and compares what botocore reads with what was meant.

    Returns:
        "made", or why nothing was: "unreadable file", "edit refused", "refused by verify".

    Raises:
        AssertionError: The result is something else than was meant.
    """
    before = _read(data)
    try:
        new = apply_edits(data, edits)
    except WorkbenchError:
        return "unreadable file" if before is None else "edit refused"
    try:
        verify(data, new, edits)
    except WorkbenchError:
        return "unreadable file" if before is None else "refused by verify"
    assert before is not None, "a file that botocore cannot read was edited"
    meant = _meant(before, edits)
    inherited = meant.pop("DEFAULT", {})
    mark = b"\xef\xbb\xbf"
    assert new.startswith(mark) == data.startswith(mark)
    (folder / "config").write_bytes(new.removeprefix(mark))
    read = raw_config_parse(str(folder / "config"), parse_subsections=False)
    assert read == {name: inherited | options for name, options in meant.items()}, (data, edits, new)
    raw_config_parse(str(folder / "config"))
    _check_lines(data, new, edits)
    return "made"


def _read(data: bytes) -> Found | None:
    """What a file holds, [DEFAULT] apart; None when botocore cannot read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config"
        path.write_bytes(data.removeprefix(b"\xef\xbb\xbf"))
        try:
            raw_config_parse(str(path))
        except ConfigParseError:
            return None
        parser = configparser.RawConfigParser(default_section="\0", strict=False)
        parser.read(path)
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _meant(before: Found, edits: Sequence[Edit]) -> Found:
    now = {name: dict(options) for name, options in before.items()}
    for edit in edits:
        match edit:
            case SetOption(section, option, value):
                now[section][option.lower()] = value
            case RemoveOption(section, option):
                now[section].pop(option.lower(), None)
            case AddSection(section, options):
                assert section not in now
                now[section] = {option.lower(): value for option, value in options}
            case RemoveSection(section):
                now.pop(section)
            case RenameSection(section, new_section):
                assert new_section == section or new_section not in now
                now[new_section] = now.pop(section)
    return now


def _check_lines(old: bytes, new: bytes, edits: Sequence[Edit]) -> None:
    """Nothing but what the edits name is touched: comments stay, and so does how lines end."""
    old_ends, new_ends = (set(re.findall(b"\r\n|\r|\n", data)) for data in (old, new))
    if {b"\r", b"\n"} <= old_ends:
        old_ends.add(b"\r\n")  # the one moved up to the other, where a line between them went
    assert new_ends <= (old_ends or {b"\n"}), (old, edits)
    if any(isinstance(edit, RemoveSection) for edit in edits):
        return
    comments = [line for line in _lines(old) if line.strip().startswith((b"#", b";"))]
    assert comments == [line for line in _lines(new) if line.strip().startswith((b"#", b";"))], (old, edits)
    options = {edit.option.lower() for edit in edits if isinstance(edit, SetOption | RemoveOption)}
    headers = {f"[{edit.section}]" for edit in edits if isinstance(edit, RenameSection)}
    headers |= {f"[{edit.new_section}]" for edit in edits if isinstance(edit, RenameSection)}
    for line in Counter(_lines(old)) - Counter(_lines(new)):
        text = line.decode()
        is_option = re.split("[=:]", text, maxsplit=1)[0].strip().lower() in options
        is_continuation = not text.strip() or text[0].isspace()
        is_header = any(text.lstrip().startswith(header) for header in headers)
        assert is_option or is_continuation or is_header, (old, edits, line)


def _lines(data: bytes) -> list[bytes]:
    return [line.rstrip(b"\r\n") for line in data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)]


def fuzz(cases: int, seed: int = SEED) -> Counter[str]:
    """Tries so many files; how each came out.

    Raises:
        AssertionError: One came out wrong; its number is told.
    """
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(cases):
            random = Random(f"{seed}/{number}")
            data = random_file(random)
            try:
                outcomes[check(data, random_edits(random, data), Path(folder))] += 1
            except Exception as error:
                error.add_note(f"case {number} of seed {seed}")
                raise
    return outcomes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    for outcome, count in fuzz(chosen.cases, chosen.seed).most_common():
        print(f"{count:7} {outcome}")
