"""From a profile to what aws.Connection takes."""

from workbench.aws.access import Access, StaticKeys
from workbench.profiles.model import Profile, ProfileKind


def access_for(profile: Profile, region: str = "") -> Access:
    """The access of a profile in a region, or in the profile's own when none is given.

    A profile of the files is left to the SDK, its endpoint included: services' endpoints and role chains are
    found by name. Only the Sandbox brings its keys and its endpoint along, and then no file is read.
    """
    region = region or profile.region
    if profile.kind is ProfileKind.SANDBOX:
        keys = StaticKeys(profile.access_key_id, profile.secret_access_key)
        return Access(None, region, profile.endpoint_url, keys)
    return Access(profile.name, region)
