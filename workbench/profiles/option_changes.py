"""Changes options of a profile where they stand: in either file, in both, or in none yet.

Owns: in which of a profile's two sections an option belongs. Must not know: whose wish it is (manage.py).
"""

from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import KEY, SECRET, TOKENS, ConfigFiles, Parts
from workbench.profiles.draft_fields import NAME_PATTERN, FieldSpec
from workbench.profiles.edits import AddSection, Edit, RemoveOption, RemoveSection, SetOption
from workbench.profiles.ini import IniFile, Section

NOT_CHANGED = "The profile was not changed."
_KEYS = (KEY, SECRET, *TOKENS)


class OptionChanges:
    """Gathers what is to be different in the two sections of a profile."""

    def __init__(self, parts: Parts, files: ConfigFiles) -> None:
        self._parts = parts
        self._own = {
            "config": own_options(parts.config, files.config),
            "credentials": own_options(parts.credentials, files.credentials),
        }
        self._sections = {
            "config": parts.config.name if parts.config else "",
            "credentials": parts.credentials.name if parts.credentials else "",
        }
        self._edits: dict[str, list[Edit]] = {"config": [], "credentials": []}
        self._new: dict[str, list[tuple[str, str]]] = {"config": [], "credentials": []}
        self._left = {file: set(own) for file, own in self._own.items()}

    def want(self, spec: FieldSpec, value: str) -> None:
        """An option is to have a value, or with an empty one not to be there."""
        option = spec.option
        if self._parts.options.get(option, "") == value:
            return
        if not value:
            self._remove(option)
            return
        file = self._place(spec)
        if self._sections[file]:
            self._edits[file].append(SetOption(self._sections[file], option, value))
            self._left[file].add(option)
        else:
            self._new[file].append((option, value))

    def _remove(self, option: str) -> None:
        holders = [file for file, own in self._own.items() if option in own]
        if not holders:
            raise WorkbenchError(
                NOT_CHANGED,
                f"“{option}” comes from the section [DEFAULT], which applies to every profile.",
                "Edit the file manually.",
            )
        for file in holders:
            self._edits[file].append(RemoveOption(self._sections[file], option))
            self._left[file].discard(option)

    def _place(self, spec: FieldSpec) -> str:
        """The file where an option is set: where it counts now, and keys together."""
        beside = _KEYS if spec.option in _KEYS else (spec.option,)
        for file in ("credentials", "config"):
            if any(option in self._left[file] for option in beside):
                return file
        return spec.file

    def edits(self) -> tuple[list[Edit], list[Edit]]:
        """For the credentials file, for the configuration file."""
        parts = self._parts
        for file, section in (("config", header(parts.name)), ("credentials", parts.name)):
            if self._new[file]:
                self._edits[file].append(AddSection(section, tuple(self._new[file])))
                self._sections[file] = section
        elsewhere = self._sections["config"]
        if self._own["credentials"] and not self._left["credentials"] and elsewhere:
            self._edits["credentials"] = [RemoveSection(self._sections["credentials"])]
            self._sections["credentials"] = ""
        return self._edits["credentials"], self._edits["config"]

    def headers(self) -> tuple[str, str]:
        """The sections after the edits, in the configuration and the credentials file; empty for none."""
        return self._sections["config"], self._sections["credentials"]


def own_options(section: Section | None, file: IniFile) -> dict[str, str]:
    """A section's options without those that [DEFAULT] gives it."""
    if section is None:
        return {}
    inherited = set(zip(file.defaults.options, file.defaults.lines, strict=True)) if file.defaults else set()
    return {
        option: value
        for (option, value), line in zip(section.options.items(), section.lines, strict=True)
        if (option, line) not in inherited
    }


def header(name: str) -> str:
    """A profile's section in the configuration file."""
    if name == "default":
        return name
    return f"profile {name}" if NAME_PATTERN.fullmatch(name) else f'profile "{name}"'
