"""Texts in the user's language: the choice of a language, the pseudo-language, and the catalogues."""

import gettext
import json
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core import messages
from workbench.core.messages import languages

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted((ROOT / "workbench" / "locale").glob("*/LC_MESSAGES/workbench.mo"))
SAY = """
from workbench.core.messages import _, ngettext, use
use({language!r})
print(_("Deploy {{name}}").format(name="a&b"), end=" | ")
print(ngettext("{{count}} job", "{{count}} jobs", 2).format(count=2))
"""


def said(environment: dict[str, str], language: str = "") -> str:
    kept = {name: value for name, value in os.environ.items() if name not in (messages.VARIABLE, "LANGUAGE")}
    return subprocess.run(
        [sys.executable, "-c", SAY.format(language=language)],
        env=kept | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout.strip()


def test_texts_are_english_without_a_choice() -> None:
    assert said({}) == "Deploy a&b | 2 jobs"


@pytest.mark.parametrize(
    ("environment", "language"),
    [({messages.VARIABLE: "xx"}, ""), ({}, "xx"), ({messages.VARIABLE: "xx"}, "en")],
)
def test_the_variable_wins_over_the_setting_and_that_over_the_system(
    environment: dict[str, str], language: str
) -> None:
    assert said(environment, language).startswith("Déplõý a&b ~")


@pytest.mark.parametrize(
    ("environment", "is_english"),
    [
        ({"LANGUAGE": "en_US:en:ja"}, True),  # whoever has English first wants it
        ({"LANGUAGE": "de:ja_JP:en"}, False),
        ({"LC_ALL": "ja_JP.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, True),
    ],
)
def test_the_systems_first_language_that_is_there_is_taken(
    environment: dict[str, str], is_english: bool
) -> None:
    assert ("jobs" in said(environment)) is is_english


def test_a_language_without_a_catalogue_is_english() -> None:
    assert said({messages.VARIABLE: "../../etc"}) == said({messages.VARIABLE: "tlh"}) == "Deploy a&b | 2 jobs"


def test_the_pseudo_language_keeps_fields_mnemonics_and_markup() -> None:
    text = "&Save {name!r} in <b>{folder}</b>"
    told = subprocess.run(
        [sys.executable, "-c", f"from workbench.core.messages import _; print(_({text!r}))"],
        env=os.environ | {messages.VARIABLE: "xx", "PYTHONUTF8": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout
    assert told.startswith("&Sàvé {name!r} îñ <b>{folder}</b>")
    assert len(told) > 1.2 * len(text)


@pytest.mark.parametrize("content", ['{"ui.language": 5}', "[]", "no JSON", None])
def test_settings_without_a_language_leave_the_systems(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(content, tmp_path, monkeypatch) == ""


def test_the_language_of_the_settings_is_read_before_the_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(json.dumps({"ui.language": "ja"}), tmp_path, monkeypatch) == "ja"


def asked(content: str | None, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    from workbench.__main__ import _language

    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    if content is not None:
        (home / "config").mkdir()
        (home / "config" / "settings.json").write_text(content, "utf-8")
    return _language()


def test_each_catalogue_can_be_chosen() -> None:
    assert languages() == sorted({"en", *(path.parents[1].name for path in CATALOGUES)})


def fields(text: str) -> set[str]:
    return {f"{name}" for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_translations_have_the_fields_of_their_texts(path: Path) -> None:
    """format() with another field would fail where the text is shown."""
    with path.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    texts = {key: text for key, text in vars(catalogue)["_catalog"].items() if key}
    assert texts
    for key, text in texts.items():
        source = key[0] if isinstance(key, tuple) else key
        if isinstance(key, tuple):
            assert fields(text) <= fields(source) | {"count"}, source
        elif "{" in source:  # {message} is AWS's own text, by which the program tells refusals apart
            assert fields(text) == fields(source), source
