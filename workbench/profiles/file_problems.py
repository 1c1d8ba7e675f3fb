"""What is odd about the configuration files as a whole, and about the environment that they are read in."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.profiles.config_files import KEY, ConfigFiles, what_is
from workbench.profiles.ini import DEFAULTS, IniFile
from workbench.profiles.model import Problem
from workbench.profiles.problems import Fix, in_text

_WORD = re.compile(r"[A-Za-z0-9_.@+-]+")
_KINDS = ("profile", "sso-session", "services")


def problems_of_files(files: ConfigFiles, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """What belongs to no profile: sections that the SDK ignores silently, and what stands above the files."""
    return (
        *_in_environment(files, environ),
        *_in_file(files.config),
        *_in_file(files.credentials),
        *_in_sections(files),
    )


def _in_environment(files: ConfigFiles, environ: Mapping[str, str]) -> Iterator[Problem]:
    for variable in files.unread:
        yield Problem(f"{variable} is empty, so the SDK reads no file. Unset the variable.")
    if environ.get(KEY.upper()):
        yield Problem(
            f"{KEY.upper()} is set in the environment. Workbench uses the selected profile; other "
            "programs use this access key unless a profile is specified."
        )
    # Source: "profile" in BOTOCORE_DEFAUT_SESSION_VARIABLES in botocore/configprovider.py.
    for variable in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"):
        name = environ.get(variable)
        if name and name not in files.profiles:
            yield Problem(f"{variable} names the profile “{name}”, which does not exist.")


def _in_file(file: IniFile) -> Iterator[Problem]:
    if os.path.islink(file.path) and not os.path.exists(file.path):  # pathlib's raise without permission
        yield Problem("It is a link to a file that does not exist, and is treated as empty.", file.path)
    if file.nul_line:
        text = (
            "It contains NUL characters, which the SDK treats as text. The file might have been "
            "saved as UTF-16."
        )
        yield Problem(text, file.path, file.nul_line)
    if file.defaults:
        names = ", ".join(file.defaults.options) or "no settings"
        text = f"Settings in [{DEFAULTS}] apply to every profile in this file: {names}."
        has_default = any(section.name == "default" for section in file.sections)
        fix = "" if has_default else Fix.RENAME_SECTION
        yield Problem(text, file.path, file.defaults.line, fix)


def _in_sections(files: ConfigFiles) -> Iterator[Problem]:
    path = files.config.path
    taken = {section.name for section in files.config.sections}
    for section in files.ignored:
        header = better_header(section.name)
        _, name = what_is(header)
        fix = Fix.RENAME_SECTION if name and name not in files.profiles and header not in taken else ""
        text = f"[{section.name}] is ignored. {_why_ignored(section.name, header)}"
        yield Problem(text, path, section.line, fix)
    for name, section in files.replaced:
        text = f"[{section.name}] is ignored: a later section is for the same profile “{name}”."
        yield Problem(text, path, section.line, Fix.REMOVE_SECTION)
    names = {section.name for section in files.credentials.sections}
    for section in files.credentials.sections:
        name = what_is(section.name)[1] if section.name.startswith("profile ") else ""
        if name:
            text = f"In this file, a profile section is written [{name}], without “profile”."
            fix = "" if name in names else Fix.RENAME_SECTION
            yield Problem(text, files.credentials.path, section.line, fix)
    yield from _in_other(files, path)


def _in_other(files: ConfigFiles, path: Path) -> Iterator[Problem]:
    for section in files.sso_sessions.values():
        yield from in_text(section, path)
    for section in files.services.values():
        yield from in_text(section, path, ("*",))


def better_header(section: str) -> str:
    """How a header that the SDK ignores was surely meant; empty when nobody can tell.

    `a` -> `profile a`, `Profile a` and ` profile a` -> `profile a`, `profile a b` -> `profile "a b"`.
    """
    text = section.strip()
    if text.strip("\"'").lower() == "default":
        return "default"
    first, _, rest = text.partition(" ")
    kind = next((kind for kind in _KINDS if first.lower() == kind), "")
    name = rest.strip() if kind else text
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    if not name or name.lower() in _KINDS:
        return ""
    header = f"{kind or 'profile'} {_quoted(name)}"
    return header if what_is(header) == (kind or "profile", name) else ""


def _quoted(name: str) -> str:
    return name if _WORD.fullmatch(name) else f'"{name}"'


def _why_ignored(section: str, header: str) -> str:
    kind, _ = what_is(section)
    if kind and section.count('"') % 2 + section.count("'") % 2:
        return f"Its quotation marks do not match: write [{header or f'{kind} "NAME"'}]."
    if kind in ("sso-session", "services"):
        return f"Write [{header or f'{kind} NAME'}]."
    if kind:
        return f"A name that contains spaces is written [{header}]." if header else "Write [profile NAME]."
    written = "The default profile's" if header == "default" else "A profile's"
    return f"{written} section is written [{header or 'profile NAME'}]."
