"""Translates the texts that users read: one way for every room, with or without Qt (gettext).

`_("Deployed {name}").format(name=name)`; plurals: `ngettext("{count} job", "{count} jobs", count)`. The texts
in the sources are English. `use` chooses the language before the other modules are imported, so a text may
stand at the top of a module. The catalogues are workbench/locale/<language>/LC_MESSAGES/workbench.po; `./dev
messages` updates them.
"""

import gettext
import os
import re
from pathlib import Path

VARIABLE = "WORKBENCH_LANGUAGE"
PSEUDO = "xx"
"""Not a language: English with accents and a third longer, which reveals texts that are not translated or cut
off."""
_FOLDER = Path(__file__).parents[1] / "locale"
ACCENTED = str.maketrans("AEIOUYaeiouycns", "ÀÉÎÕÛÝàéîõûýçñš")
_WORD = 8
_KEPT = re.compile(r"\{[^{}]*\}|&|<[^>]*>")  # fields, mnemonics, markup


class _Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)


def pseudo(text: str) -> str:
    """A text in the pseudo-language."""
    if not text.strip():
        return text
    kept = _KEPT.findall(text)
    parts = [part.translate(ACCENTED) for part in _KEPT.split(text)]
    accented = "".join(part + mark for part, mark in zip(parts, [*kept, ""], strict=True))
    longer = "~" * (1 + len(text) // 4)
    words = [longer[at : at + _WORD] for at in range(0, len(longer), _WORD)]  # wrap as words do
    return " ".join((accented, *words)) if len(text) > 3 else accented


def _open(language: str) -> gettext.NullTranslations:
    """A language's catalogue, or English; if empty, that of the first system language with a catalogue."""
    if language == PSEUDO:
        return _Pseudo()
    for each in [language] if language else _system_languages():
        if each.partition("_")[0] in ("en", "C", "POSIX"):  # the sources are English: no catalogue
            break
        if gettext.find("workbench", _FOLDER, [each]):
            return gettext.translation("workbench", _FOLDER, [each])
    return gettext.NullTranslations()


def _system_languages() -> list[str]:
    """The system's languages as in gettext: the first of these variables that is set may list several."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    found = next(filter(None, map(os.environ.get, names)), "")
    return [each.partition(".")[0] for each in found.split(":") if each]


_catalogue = _open(os.environ.get(VARIABLE, ""))


_is_from_settings = False


def environment_for_restart() -> dict[str, str]:
    """The environment in which the program reads the language from its settings again."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE or not _is_from_settings}


def use(language: str) -> None:
    """Sets the language of this process and its child processes. WORKBENCH_LANGUAGE takes precedence.

    Args:
        language: A code such as "ja"; empty for the system's language. English if there is no catalogue.
    """
    global _catalogue, _is_from_settings
    if language and VARIABLE not in os.environ:
        os.environ[VARIABLE] = language
        _is_from_settings = True
        _catalogue = _open(language)


def languages() -> list[str]:
    """The codes of the languages that have a catalogue, and English."""
    return sorted({"en", *(path.parents[1].name for path in _FOLDER.glob("*/LC_MESSAGES/workbench.mo"))})


def language() -> str:
    """The code of the current language: English without a catalogue."""
    return PSEUDO if isinstance(_catalogue, _Pseudo) else _catalogue.info().get("language", "en")


def _(text: str) -> str:
    """A text in the user's language."""
    return _catalogue.gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a text for a count, in the user's language."""
    return _catalogue.ngettext(singular, plural, count)
