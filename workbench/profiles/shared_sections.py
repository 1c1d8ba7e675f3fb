"""The sections that several profiles share, as far as a draft says what is in them: a sign-in, endpoints."""

from collections.abc import Iterator, Mapping

from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.draft import ProfileDraft
from workbench.profiles.edits import AddSection, Edit, SetOption
from workbench.profiles.sso.bulk import session_section

_ENDPOINT = "endpoint_url"


def shared_sections(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    """The edits that make the sections what the draft says; none for those it says nothing of."""
    yield from _sign_in(draft, files)
    yield from _services(draft, files)


def _sign_in(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    if draft.sso_session is None:
        return
    wanted = session_section(draft.sso_session)
    there = files.sso_sessions.get(draft.sso_session.name)
    if there is None:
        yield wanted
        return
    for option, value in wanted.options:
        if option == "sso_registration_scopes" and not draft.sso_session.scopes:
            continue  # whoever made the section may know better
        if there.options.get(option) != value:
            yield SetOption(there.name, option, value)


def _services(draft: ProfileDraft, files: ConfigFiles) -> Iterator[Edit]:
    name = dict(draft.options).get("services", "")
    if not draft.endpoints or not name:
        return
    there = files.services.get(name)
    if there is None:
        values = ((service, _nested({_ENDPOINT: url})) for service, url in draft.endpoints)
        yield AddSection(f"services {name}", tuple(values))
        return
    for service, url in draft.endpoints:
        settings = _settings(there.options.get(service, ""))
        if settings.get(_ENDPOINT) != url:
            yield SetOption(there.name, service, _nested(settings | {_ENDPOINT: url}))


def _settings(value: str) -> dict[str, str]:
    """Nested settings, as botocore takes them apart."""
    pairs = (line.partition("=") for line in value.split("\n") if "=" in line)
    return {key.strip(): setting.strip() for key, _, setting in pairs}


def _nested(settings: Mapping[str, str]) -> str:
    return "".join(f"\n{key} = {value}" for key, value in settings.items())
