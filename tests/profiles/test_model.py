"""The access of a profile, and the account in an access key ID."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.aws.client_config import Access, StaticKeys
from workbench.profiles.model import Profile, ProfileKind, access_for, account_of_key

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


PUBLISHED = "ASIA" + "QNZGKIQY56JQ7WML"
"""The id in Tal Be'ery's article. In two pieces: no file here holds what looks like a key."""


def test_the_published_example_is_read_as_published() -> None:
    assert account_of_key(PUBLISHED) == "029608264753"


def key_of(prefix: str, account: int, tail: int) -> str:
    """An id as AWS makes them: one bit set, 40 bits of account, 39 of anything."""
    number = (1 << 79) | (account << 39) | tail
    return prefix + base64.b32encode(number.to_bytes(10, "big")).decode()


@given(st.sampled_from(["AKIA", "ASIA"]), st.integers(0, 10**12 - 1), st.integers(0, 2**39 - 1))
def test_every_account_comes_back_as_twelve_digits(prefix: str, account: int, tail: int) -> None:
    assert account_of_key(key_of(prefix, account, tail)) == f"{account:012}"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "AKIAIOSFODNN7EXAMPLE",  # made before 2019
        "AIDA" + PUBLISHED[4:],  # a user's id, not a key's
        PUBLISHED.lower(),
        PUBLISHED[:-1],
        PUBLISHED + "A",
        PUBLISHED[:-1] + "1",  # no letter of base32
        PUBLISHED + "\n",
        "ASIA" + "\u00df" * 16,
        "123456789012",
        key_of("AKIA", 10**12, 0),  # no account has 13 digits
    ],
)
def test_what_holds_no_account_tells_none(key: str) -> None:
    assert account_of_key(key) == ""


@pytest.mark.parametrize(
    ("endpoint", "may_cost"),
    [
        ("", True),
        ("https://vpce-1-2.monitoring.eu-central-1.vpce.amazonaws.com", True),
        ("https://VPCE-1-2.lambda.eu-central-1.vpce.amazonaws.com:443/", True),
        ("http://vpce-1-2.lambda.eu-central-1.vpce.amazonaws.com", True),
        ("https://monitoring.eu-central-1.amazonaws.com", True),
        ("https://aws-proxy.example.com", True),
        ("https://evil\\@127.0.0.1", True),
        ("not a URL", True),
        ("http://localhost:4566", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:4566", False),
        ("https://localhost.localstack.cloud:4566", False),
        ("http://localstack:4566/", False),
    ],
)
def test_only_an_emulator_is_free(endpoint: str, may_cost: bool) -> None:
    assert Profile("team", ProfileKind.STATIC, endpoint_url=endpoint).leads_to_aws is may_cost
    assert not Profile("Sandbox", ProfileKind.SANDBOX, endpoint_url=endpoint).leads_to_aws
