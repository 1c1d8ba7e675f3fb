"""The catalogues of texts: `./dev messages`, and with --check `./dev check`.

Babel extracts the texts of workbench/ and the editor's page, updates the workbench.po of each language, and
compiles it into workbench.mo, which gettext reads. What translators have written stays; unused texts go.
With --check nothing is written, and the exit status is 1 where something would be.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "workbench" / "locale"
_KEYWORDS = {"_": None, "ngettext": (1, 2)}
_WIDTH = 110


def extracted() -> Catalog:
    """The texts of the sources, each with the files that it stands in."""
    catalog = Catalog(project="Workbench", charset="utf-8")
    for path in sorted([*ROOT.glob("workbench/**/*.py"), *ROOT.glob("resources/editor/src/*.ts")]):
        name = path.relative_to(ROOT).as_posix()
        with path.open("rb") as source:
            language = "python" if path.suffix == ".py" else "javascript"
            for _line, message, _comments, _context in extract(language, source, _KEYWORDS):
                catalog.add(message, locations=[(name, 0)])
    return catalog


def updated(path: Path, template: Catalog) -> tuple[bytes, bytes]:
    """A language's catalogue with the texts of today: its .po and .mo."""
    language = path.parents[1].name
    old = read_po(io.BytesIO(path.read_bytes()), locale=language)
    catalog, translated = _like(old), _like(old)
    for message in template:
        if message.id:
            known = old.get(message.id)
            texts = (known and known.string) or message.string or ""
            catalog.add(message.id, texts, locations=message.locations, flags=message.flags)
            if any((texts,) if isinstance(texts, str) else texts):  # gettext would show an empty text
                translated.add(message.id, texts)
    source, compiled = io.BytesIO(), io.BytesIO()
    write_po(source, catalog, width=_WIDTH, sort_output=True, include_lineno=False)
    write_mo(compiled, translated)
    return source.getvalue(), compiled.getvalue()


def _like(old: Catalog) -> Catalog:
    """A catalogue without texts; without dates of its own, so that the same texts are the same file."""
    return Catalog(
        locale=old.locale,
        project="Workbench",
        version="0",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        header_comment="# Workbench in another language: see CONTRIBUTING.md, Messages.",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        charset="utf-8",
        fuzzy=False,
    )


def main(check: bool) -> int:
    """Returns 1 when a catalogue is not up to date and nothing shall be written."""
    template = extracted()
    stale = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/workbench.po")):
        for target, content in zip((path, path.with_suffix(".mo")), updated(path, template), strict=True):
            if not target.exists() or target.read_bytes() != content:
                stale.append(target.relative_to(ROOT))
                if not check:
                    target.write_bytes(content)
    for each in stale:
        sys.stdout.write(f"{'not up to date, run ./dev messages' if check else 'updated'}: {each}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
