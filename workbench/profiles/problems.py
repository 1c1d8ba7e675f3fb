"""What is odd about a profile: things that the SDK takes silently and that a person would want to know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.profiles.ini import Section
from workbench.profiles.model import Problem

_NESTED = ("s3", "dynamodb", "api_versions")


@dataclass(frozen=True, slots=True)
class Parts:
    """A profile's sections: in the configuration file, in the credentials file."""

    config: Section | None
    credentials: Section | None

    @property
    def options(self) -> dict[str, str]:
        """All options; those of the credentials file win, as in botocore."""
        merged = dict(self.config.options) if self.config else {}
        return merged | self.credentials.options if self.credentials else merged


def problems_of(parts: Parts, known: Mapping[str, Parts]) -> tuple[Problem, ...]:
    """One sentence for each problem.

    Args:
        parts: The profile's sections.
        known: All profiles, to follow references.
    """
    found = (*_in_text(parts), *_in_meaning(parts.options, known), *_in_keys(parts))
    return tuple(Problem(text) for text in found)


def _in_text(parts: Parts) -> Iterator[str]:
    for section in (parts.config, parts.credentials):
        for option, value in section.options.items() if section else ():
            place = f"“{option}” (section at line {section.line if section else 0})"
            if " #" in value or " ;" in value:
                yield f"The comment after the value is part of {place}."
            if "\n" in value and option not in _NESTED and "=" in value:
                yield f"The indented line below {place} became part of its value."


def _in_meaning(options: Mapping[str, str], known: Mapping[str, Parts]) -> Iterator[str]:
    source, chain = options.get("source_profile", ""), options.get("credential_source", "")
    if "role_arn" in options and not (source or chain or "web_identity_token_file" in options):
        yield "It names a role, but no source_profile and no credential_source to take it with."
    if source and chain:
        yield "It has both source_profile and credential_source; AWS allows one."
    if source and source not in known:
        yield f"Its source_profile “{source}” does not exist."
    if "mfa_serial" in options and "role_arn" not in options:
        yield "It has mfa_serial, but no role: the SDK does not ask for a code then."


def _in_keys(parts: Parts) -> Iterator[str]:
    for section in (parts.config, parts.credentials):
        if section and ("aws_access_key_id" in section.options) != (
            "aws_secret_access_key" in section.options
        ):
            yield "Its key is only half there."
    if (
        parts.credentials
        and "aws_access_key_id" in parts.credentials.options
        and "credential_process" in parts.options
    ):
        yield "Its credential_process is never run: the key in the credentials file wins."
