"""Differences are shown whole, but for secrets."""

from pathlib import Path

import pytest

from workbench.profiles.write import MASK, diff_text, is_secret, mask_text, mask_value

PATH = Path("config")
SECRET = "wJalrXUtnFEMI"

HIDDEN = {
    "an option": f"aws_secret_access_key = {SECRET}",
    "spelled oddly": f"  AWS_Secret_Access_Key:{SECRET}",
    "commented out": f"# aws_secret_access_key = {SECRET}",
    "a token": f"aws_session_token = {SECRET}",
    "an old token": f"aws_security_token={SECRET}",
    "glued to a value": f"region = eu\n\taws_secret_access_key = {SECRET}",
    "below its option": f"aws_secret_access_key =\n  {SECRET}\n\n  # why\n  {SECRET}",
    "a password of a process": f"credential_process = get --password {SECRET}",
    "a value like a secret": "x = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_secrets_are_masked(text: str) -> None:
    assert "wJalr" not in mask_text(text)
    assert MASK in mask_text(text)
    assert len(mask_text(text).split("\n")) == len(text.split("\n"))
    assert "wJalr" not in diff_text("", text, PATH) + diff_text(text, "", PATH) + diff_text(
        text, text + "\ny = 1", PATH
    )


SHOWN = {
    "region": "region = eu-west-1",
    "an empty secret": "aws_secret_access_key =",
    "a file's name": "web_identity_token_file = /var/token",
    "what follows a secret": "[a]\ns3 =\n  addressing_style = path",
    "a process": 'credential_process = "/opt/my tools/get" dev',
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_is_no_secret_is_not(text: str) -> None:
    assert mask_text(text) == text


def test_what_is_indented_below_another_option_is_shown() -> None:
    text = f"aws_secret_access_key = {SECRET}\nregion = eu\n  west\n"
    assert mask_text(text) == f"aws_secret_access_key = {MASK}\nregion = eu\n  west\n"


def test_a_changed_secret_is_a_changed_line() -> None:
    old, new = (f"[a]\naws_secret_access_key = {value}\n" for value in ("old", "new"))
    assert diff_text(old, new, PATH).splitlines()[2:] == [
        "@@ -1,2 +1,2 @@",
        " [a]",
        "-aws_secret_access_key = ****",
        "+aws_secret_access_key = ****",
    ]


def test_no_difference_is_no_text() -> None:
    assert diff_text("[a]\n", "[a]\n", PATH) == ""


def test_a_secret_in_one_state_is_masked_in_the_other() -> None:
    """The same line is a secret's second line before, and its own option afterwards."""
    old = "[a]\naws_session_token = x\n  y = abc\n"
    new = "[a]\nregion = x\n  y = abc\n"
    assert "abc" not in diff_text(old, new, PATH)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_show(end: str) -> None:
    old, new = ("[a]\nx = 1\ny = 2\n", "[a]\nx = 3\ny = 2\n")
    plain = diff_text(old, new, PATH)
    assert diff_text(old.replace("\n", end), new.replace("\n", end), PATH) == plain
    assert plain == "--- config\n+++ config\n@@ -1,3 +1,3 @@\n [a]\n-x = 1\n+x = 3\n y = 2\n"


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("aws_secret_access_key", "x", MASK),
        ("region", "eu-west-1", "eu-west-1"),
        ("aws_secret_access_key", "", ""),
        ("x", "AKIAIOSFODNN7EXAMPLE", MASK),
    ],
)
def test_values_for_the_journal(option: str, value: str, expected: str) -> None:
    assert mask_value(option, value) == expected
    assert is_secret("AWS_SECRET_ACCESS_KEY")
