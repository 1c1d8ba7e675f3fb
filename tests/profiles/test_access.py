"""From a profile to an access."""

from workbench.aws.access import Access, StaticKeys
from workbench.profiles.model import Profile, ProfileKind, access_for

SANDBOX = Profile(
    "Sandbox", ProfileKind.SANDBOX, "us-east-1", "http://127.0.0.1:4566", "123456789012", "hush"
)


def test_the_sandbox_brings_its_keys_and_endpoint() -> None:
    keys = StaticKeys("123456789012", "hush")
    assert access_for(SANDBOX) == Access(None, "us-east-1", "http://127.0.0.1:4566", keys)


def test_any_other_profile_is_left_to_the_sdk() -> None:
    profile = Profile("work", ProfileKind.STATIC, "eu-central-1", "http://localhost:4566")
    assert access_for(profile) == Access("work", "eu-central-1")
    assert access_for(profile, "us-west-2") == Access("work", "us-west-2")


def test_no_secret_is_printed() -> None:
    assert "hush" not in f"{SANDBOX!r} {access_for(SANDBOX)!r}"
