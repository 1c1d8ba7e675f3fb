"""Reads the profiles of the AWS configuration files. Fast (no botocore), never raising, never writing.

Owns: which sections are profiles, and of what kind. Must not know: how the SDK resolves credentials.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from workbench.profiles.ini import Section, read_ini
from workbench.profiles.model import Problem, Profile, ProfileKind, ProfileList
from workbench.profiles.problems import Parts, problems_of

_NOT_PROFILES = ("sso-session", "services")
_OTHER_SECTIONS = ("plugins", "preview")


def config_paths(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """The configuration file and the credentials file that the SDK reads."""
    return (
        Path(environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser(),
        Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser(),
    )


def read_profiles(environ: Mapping[str, str]) -> ProfileList:
    """Lists the profiles of both files.

    Args:
        environ: The environment: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name other files.

    Returns:
        The profiles; of a broken file also its error, and what could be made out of it.
    """
    config_path, credentials_path = config_paths(environ)
    config, credentials = read_ini(config_path), read_ini(credentials_path)
    found: dict[str, Parts] = {}
    ignored: list[Problem] = []
    for section in config.sections:
        name, reason = _name_in_config(section.name)
        if name:
            found[name] = Parts(section, None)
        elif reason:
            ignored.append(Problem(f"[{section.name}] is ignored. {reason}", config_path, section.line))
    for section in credentials.sections:
        found[section.name] = Parts(found[section.name].config if section.name in found else None, section)
    profiles = [_profile(name, parts, found) for name, parts in found.items()]
    profiles.sort(key=lambda profile: (profile.name != "default", profile.name.casefold(), profile.name))
    return ProfileList(tuple(profiles), config.error or credentials.error, tuple(ignored))


def _profile(name: str, parts: Parts, known: Mapping[str, Parts]) -> Profile:
    options = parts.options
    return Profile(
        name,
        _kind(parts.config, parts.credentials, options),
        options.get("region", ""),
        options.get("endpoint_url", ""),
        problems=problems_of(parts, known),
    )


def _kind(config: Section | None, credentials: Section | None, options: Mapping[str, str]) -> ProfileKind:
    """The provider that wins.

    Source: create_credential_resolver and ProfileProviderBuilder.providers in botocore/credentials.py.
    """
    if "role_arn" in options and "web_identity_token_file" not in options:
        return ProfileKind.ASSUME_ROLE
    if "web_identity_token_file" in options:
        return ProfileKind.WEB_IDENTITY
    if "sso_session" in options or "sso_start_url" in options:
        return ProfileKind.SSO
    if credentials is not None and "aws_access_key_id" in credentials.options:
        return ProfileKind.STATIC
    if "login_session" in options:
        return ProfileKind.LOGIN
    if "credential_process" in options:
        return ProfileKind.PROCESS
    if config is not None and "aws_access_key_id" in config.options:
        return ProfileKind.STATIC
    return ProfileKind.UNKNOWN


def _name_in_config(section: str) -> tuple[str, str]:
    """The profile that a section of the configuration file holds; else why it holds none, if that is odd."""
    if section == "default":
        return section, ""
    try:
        words = shlex.split(section)
    except ValueError:
        return "", "Its quotes do not match: write the name between double quotes."
    kind = words[0] if words else ""
    if kind in _NOT_PROFILES or section in _OTHER_SECTIONS:
        return "", "" if len(words) == 2 or section in _OTHER_SECTIONS else f"It must be [{kind} NAME]."
    if not section.startswith("profile"):
        return "", f"A profile's section is written [profile {section.strip().removeprefix('profile ')}]."
    if len(words) != 2:
        return "", 'A name of several words is written [profile "NAME"].'
    return words[1], ""
