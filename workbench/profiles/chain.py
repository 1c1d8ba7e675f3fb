"""The chain of roles behind a profile: from the profile itself to the source of credentials."""

from collections.abc import Mapping

from workbench.aws.names import Arn
from workbench.profiles.config_files import KEY, Parts, kind_of
from workbench.profiles.model import Hop, ProfileKind, account_of_key

SOURCES = ("Environment", "Ec2InstanceMetadata", "EcsContainer")
"""Values of credential_source, in this spelling. Source: CanonicalNameCredentialSourcer.is_supported."""

GONE, LOOP = "does not exist", "loop"
BOTH, NEITHER = "both source_profile and credential_source", "neither source_profile nor credential_source"
TOO_LONG = "too long"
LONGEST = 20
"""Maximum of roles that are followed. Real chains have a few; in a cycle-free chain of 100,000 each profile
would list all."""
NO_SOURCE, NO_CREDENTIALS = "no such source", "no credentials"


def role_chain(name: str, known: Mapping[str, Parts]) -> tuple[Hop, ...]:
    """Follows a profile's roles.

    Source: AssumeRoleProvider in botocore/credentials.py.

    Returns:
        One hop for each role that is assumed, then the source of credentials; one hop for a profile without a
        role. The last hop's `problem` says why the chain fails: one of this module's texts. A source profile
        that does not exist is a hop of its own, with a name but no profile.
    """
    parts = known[name]
    if not parts.takes_role:
        return (_end(parts, kind_of(parts)),)
    hops: list[Hop] = []
    visited = [name]
    while True:
        options = parts.options
        source, outside = options.get("source_profile"), options.get("credential_source")
        problem = ""
        if source is not None and outside is not None:
            problem = BOTH
        elif source is None and outside is None:
            problem = NEITHER
        hops.append(_role(parts, problem))
        if problem:
            break
        if outside is not None:
            unknown = "" if outside in SOURCES else NO_SOURCE
            hops.append(Hop("", ProfileKind.UNKNOWN, source=outside, problem=unknown))
            break
        source = source or ""
        if source not in known:
            hops.append(Hop(source, ProfileKind.UNKNOWN, problem=GONE))
            break
        found = known[source]
        if len(hops) == LONGEST:
            hops.append(Hop(source, ProfileKind.ASSUME_ROLE, problem=TOO_LONG))
            break
        # A profile may name itself if it has keys; a longer cycle never ends.
        if source in visited and (source != parts.name or not found.has_keys):
            hops.append(_role(found, LOOP))
            break
        visited.append(source)
        if not found.takes_role or found.has_keys:
            hops.append(_end(found, kind_of(found, as_source=True), NO_CREDENTIALS))
            break
        parts = found
    return tuple(hops)


def _role(parts: Parts, problem: str) -> Hop:
    options = parts.options
    arn = options.get("role_arn", "")
    return Hop(
        parts.name,
        ProfileKind.ASSUME_ROLE,
        arn,
        account_id=account_of_arn(arn),
        mfa_serial=options.get("mfa_serial", ""),
        problem=problem,
    )


def _end(parts: Parts, kind: ProfileKind, without: str = "") -> Hop:
    """The last hop of a chain. `without` is the problem of a profile without credentials."""
    role = parts.options.get("role_arn", "") if kind is ProfileKind.WEB_IDENTITY else ""
    problem = without if kind is ProfileKind.UNKNOWN else ""
    return Hop(parts.name, kind, role, account_id=_account(parts, kind), problem=problem)


def _account(parts: Parts, kind: ProfileKind) -> str:
    """The account of a profile, as far as the files tell."""
    options = parts.options
    match kind:
        case ProfileKind.STATIC | ProfileKind.TEMPORARY:
            return account_of_key(options.get(KEY, "")) or options.get("aws_account_id", "")
        case ProfileKind.SSO:
            return options.get("sso_account_id", "")
        case ProfileKind.WEB_IDENTITY:
            return account_of_arn(options.get("role_arn", ""))
        case ProfileKind.LOGIN:
            return account_of_arn(options.get("login_session", ""))
        case ProfileKind.PROCESS:
            return options.get("aws_account_id", "")
        case _:
            return ""


def account_of_arn(text: str) -> str:
    """The account in an ARN; empty if there is none."""
    try:
        return Arn.parse(text).account_id
    except ValueError:
        return ""
