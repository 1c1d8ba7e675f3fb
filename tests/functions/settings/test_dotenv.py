"""Environment variables from and to .env files."""

import pytest

from workbench.functions.settings import read_dotenv, write_dotenv


@pytest.mark.parametrize(
    ("text", "found", "unread"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}, ()),
        ("export A=1 # why\n# B=2\n\n  C = 3 \n", {"A": "1", "C": "3"}, ()),
        ('A=\'$HOME # no comment\'\nB="say \\"hi\\"\\n"', {"A": "$HOME # no comment", "B": 'say "hi"\n'}, ()),
        ('A="first\nsecond"\nB=2', {"A": "first\nsecond", "B": "2"}, ()),
        ("no variable\nA=1\n=x", {"A": "1"}, (1, 3)),
        ('A="never closed\nB=2', {"B": "2"}, (1,)),
        ("A=1\r\nB=\r\n", {"A": "1", "B": ""}, ()),
        ("\ufeffA=1", {"A": "1"}, ()),
        ("A=1\nA=2", {"A": "2"}, ()),
        ("URL=https://x/?a=b#c\nЯ=1\nÜ", {"URL": "https://x/?a=b#c"}, (2, 3)),
        ("", {}, ()),
    ],
)
def test_a_file_is_read_as_dotenv_does(text: str, found: dict[str, str], unread: tuple[int, ...]) -> None:
    read = read_dotenv(text)
    assert (dict(read.variables), read.unread) == (found, unread)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "two words",
        'say "hi"',
        "it's",
        "a\nb\r\n\tc",
        "$HOME",
        "\\n",
        "a # b",
        "ключ\u2028x",
        " x ",
    ],
)
def test_what_is_written_is_read_back(value: str) -> None:
    read = read_dotenv(write_dotenv((("A", value), ("B", "2"))))
    assert read.variables == (("A", value), ("B", "2"))
    assert read.unread == ()
