"""The repair of each problem, as edits that the user sees before they are made.

A file that the SDK cannot read is never repaired, since its meaning would be guesswork.
"""

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import (
    DEFAULTS,
    KEY,
    SECRET,
    TOKENS,
    IniFile,
    Section,
    config_paths,
    read_block,
    read_ini,
    what_is,
)
from workbench.profiles.explain import SOURCES
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)
from workbench.profiles.model import Problem
from workbench.profiles.read import Fix, better_header, comment_start

type Edits = tuple[Edit, ...]


def fix_for(problem: Problem, environ: Mapping[str, str]) -> tuple[FileEdits, ...]:
    """The edits that repair a problem in the current files. Reads a file: for a job.

    Raises:
        WorkbenchError: The problem no longer exists, only the user can decide, or the file is broken.
    """
    path = problem.path
    if path is None or problem.fix not in _REPAIRS:
        raise _refused(
            _("Workbench cannot determine what was intended."), _("Correct it in the file, then reload.")
        )
    file = read_ini(path)
    if file.error:
        raise _refused(f"{file.error.what} {file.error.why}", file.error.remedy, file.error.action)
    section = _section_at(file, problem.line)
    if section is None:
        raise _not_found()
    edits = _REPAIRS[problem.fix](file, section, problem.line, path == config_paths(environ)[0])
    return (FileEdits(path, edits),)


def _remove_comment(_file: IniFile, section: Section, line: int, _is_config: bool) -> Edits:
    option = _option_at(section, line)
    value = section.options[option]
    at = comment_start(option, value)
    if at < 0 or "\n" in value:
        raise _not_found()
    return (_set_or_remove(section, option, _without_comment(option, value)),)


def _split_glued(file: IniFile, section: Section, line: int, _is_config: bool) -> Edits:
    """Reads the indented lines as if they were not indented."""
    option = next((option for option, number in section.continued if number == line), "")
    if not option:
        raise _not_found()
    numbers = [number for name, number in section.continued if name == option]
    block = read_block([f"[{section.name}]", *_lines(file.path, line, numbers[-1])])
    others = {each.name for each in file.sections}
    doubled = any(each.name in others for each in block.sections if each.name != section.name)
    again = next((each.options for each in block.sections if each.name == section.name), {})
    if block.error or doubled or not again.keys().isdisjoint(section.options):
        raise _refused(
            _("The settings in the indented lines would be duplicates or are not valid options."),
            _("Correct the lines in the file, then reload."),
        )
    return (
        _set_or_remove(section, option, _without_comment(option, section.options[option].split("\n")[0])),
        *(SetOption(section.name, name, _without_comment(name, value)) for name, value in again.items()),
        *(
            AddSection(
                each.name,
                tuple((name, _without_comment(name, value)) for name, value in each.options.items()),
            )
            for each in block.sections
            if each.name != section.name
        ),
    )


def _remove_keys(_file: IniFile, section: Section, _line: int, _is_config: bool) -> Edits:
    there = [option for option in (KEY, SECRET, *TOKENS) if option in section.options]
    if not there:
        raise _not_found()
    return tuple(RemoveOption(section.name, option) for option in there)


def _spell_source(_file: IniFile, section: Section, line: int, _is_config: bool) -> Edits:
    option = _option_at(section, line)
    value = section.options[option]
    right = next((name for name in SOURCES if name.lower() == value.lower()), "")
    if option != "credential_source" or not right:
        raise _not_found()
    return (SetOption(section.name, option, right),)


def _rename_section(file: IniFile, section: Section, line: int, is_config: bool) -> Edits:
    if section.line != line:
        raise _not_found()
    if section.name == DEFAULTS:
        header = "default"
    else:
        header = better_header(section.name) if is_config else what_is(section.name)[1]
    if not header or any(each.name == header for each in file.sections):
        raise _not_found()
    return (RenameSection(section.name, header),)


def _remove_section(_file: IniFile, section: Section, line: int, _is_config: bool) -> Edits:
    if section.line != line:
        raise _not_found()
    return (RemoveSection(section.name),)


_REPAIRS: Mapping[str, Callable[[IniFile, Section, int, bool], Edits]] = {
    Fix.REMOVE_COMMENT: _remove_comment,
    Fix.SPLIT_GLUED: _split_glued,
    Fix.REMOVE_KEYS: _remove_keys,
    Fix.SPELL_SOURCE: _spell_source,
    Fix.RENAME_SECTION: _rename_section,
    Fix.REMOVE_SECTION: _remove_section,
}


def _without_comment(option: str, value: str) -> str:
    at = -1 if "\n" in value else comment_start(option, value)
    return value if at < 0 else value[:at].rstrip()


def _set_or_remove(section: Section, option: str, value: str) -> Edit:
    return SetOption(section.name, option, value) if value else RemoveOption(section.name, option)


def _section_at(file: IniFile, line: int) -> Section | None:
    """The section that contains a line; [DEFAULT] counts as one."""
    sections = (*file.sections, *((file.defaults,) if file.defaults else ()))
    before = [section for section in sections if 0 < section.line <= line]
    return max(before, key=lambda section: section.line, default=None)


def _option_at(section: Section, line: int) -> str:
    found = zip(section.options, section.lines, strict=True)
    option = next((option for option, number in found if number == line), "")
    if not option:
        raise _not_found()
    return option


def _lines(path: Path, first: int, last: int) -> list[str]:
    """Lines of a file without their common indentation."""
    try:
        lines = path.read_text("utf-8").split("\n")[first - 1 : last]
    except (OSError, ValueError) as error:
        raise _not_found() from error
    return textwrap.dedent("\n".join(lines)).split("\n")


def _not_found() -> WorkbenchError:
    return _refused(_("The file was changed in the meantime."), _("Reload the profiles."), "profile.reload")


def _refused(why: str, remedy: str, action: str = "") -> WorkbenchError:
    return WorkbenchError(_("This cannot be repaired automatically."), why, remedy, action=action)
