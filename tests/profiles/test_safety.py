"""Tiers, pinned accounts and trusted endpoints: what is stored, and what locks."""

from pathlib import Path

import pytest

from workbench.core.settings import Settings
from workbench.profiles.safety import AskedEndpoint, Pin, Safety, Tier

ME = "arn:aws:iam::123456789012:user/me"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def safety(path: Path) -> Safety:
    return Safety(Settings(path))


def again(path: Path) -> Safety:
    """The safety of the next start."""
    return Safety(Settings(path))


def test_a_tier_is_there_at_the_next_start(safety: Safety, path: Path) -> None:
    assert safety.tier("prod") is Tier.NORMAL
    assert safety.set_tier("prod", Tier.PRODUCTION) is None
    assert again(path).tier("prod") is Tier.PRODUCTION
    assert again(path).tier("dev") is Tier.NORMAL


def test_a_tier_of_a_later_version_is_taken_for_the_most_careful(path: Path) -> None:
    Settings(path).set("profile.prod.tier", "four-eyes")
    assert again(path).tier("prod") is Tier.READ_ONLY


def test_the_first_answer_becomes_the_pin(safety: Safety, path: Path) -> None:
    assert safety.pin("prod") is None
    assert safety.check("prod", "123456789012", ME) is None
    assert again(path).pin("prod") == Pin("123456789012", "aws", ME)


@pytest.mark.parametrize(
    ("account_id", "arn", "why"),
    [
        (
            "999999999999",
            "arn:aws:iam::999999999999:user/me",
            "account 999999999999, previously 123456789012.",
        ),
        ("123456789012", "arn:aws-cn:iam::123456789012:user/me", "partition aws-cn, previously aws."),
        (
            "123456789012",
            "arn:aws:iam::123456789012:user/root",
            "Its identity is now arn:aws:iam::123456789012:user/root, previously",
        ),
        ("123456789012", "not an arn", "partition "),
    ],
)
def test_somebody_else_locks(safety: Safety, path: Path, account_id: str, arn: str, why: str) -> None:
    """G2."""
    safety.check("prod", "123456789012", ME)
    lock = safety.check("prod", account_id, arn)
    assert lock is not None
    assert why in lock.why
    assert safety.lock("prod") == lock
    assert safety.lock("dev") is None
    assert again(path).check("prod", account_id, arn) == lock, "a new start forgets the lock, not the pin"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("arn:aws:sts::1:assumed-role/Admin/botocore-session-1", "arn:aws:sts::1:assumed-role/Admin/other-2"),
        ("arn:aws:sts::1:federated-user/me", "arn:aws:sts::1:federated-user/me"),
    ],
)
def test_another_session_of_the_same_role_is_the_same(safety: Safety, first: str, second: str) -> None:
    safety.check("prod", "1", first)
    assert safety.check("prod", "1", second) is None


def test_another_role_is_not(safety: Safety) -> None:
    safety.check("prod", "1", "arn:aws:sts::1:assumed-role/Reader/s")
    assert safety.check("prod", "1", "arn:aws:sts::1:assumed-role/Admin/s") is not None


def test_a_confirmed_account_is_the_pin_from_then_on(safety: Safety, path: Path) -> None:
    safety.check("prod", "123456789012", ME)
    lock = safety.check("prod", "999999999999", "arn:aws:iam::999999999999:user/me")
    assert lock is not None
    assert safety.confirm_pin("prod", lock.seen) is None
    assert safety.lock("prod") is None
    assert again(path).pin("prod") == lock.seen


def test_who_confirms_one_account_does_not_unlock_another(safety: Safety) -> None:
    safety.check("prod", "123456789012", ME)
    shown = safety.check("prod", "999999999999", "arn:aws:iam::999999999999:user/me")
    assert shown is not None
    safety.check("prod", "666666666666", "arn:aws:iam::666666666666:user/me")  # while the person was looking
    safety.confirm_pin("prod", shown.seen)
    assert safety.lock("prod") is not None


def test_a_profile_that_leads_back_is_unlocked(safety: Safety) -> None:
    safety.check("prod", "123456789012", ME)
    safety.check("prod", "999999999999", "arn:aws:iam::999999999999:user/me")
    assert safety.check("prod", "123456789012", ME) is None
    assert safety.lock("prod") is None


@pytest.mark.parametrize(
    "stored", [{}, {"account_id": 7, "partition": "aws", "arn": ME}, {"account_id": "1"}]
)
def test_a_damaged_pin_is_none(path: Path, stored: dict[str, object]) -> None:
    Settings(path).set("profile.prod.pin", stored)
    assert again(path).pin("prod") is None


def test_an_endpoint_is_trusted_by_one_profile(safety: Safety, path: Path) -> None:
    origin = "http://127.0.0.1:4566"
    assert not safety.trusts_endpoint("local", origin)
    safety.ask_endpoint("local", origin)
    assert safety.asked_endpoint("local") == AskedEndpoint(origin)
    assert safety.trust_endpoint("local", origin) is None
    assert safety.asked_endpoint("local") is None
    assert again(path).trusts_endpoint("local", origin)
    assert not again(path).trusts_endpoint("prod", origin)
    assert not again(path).trusts_endpoint("local", "http://127.0.0.1:4567")


def test_what_holds_for_a_profile_goes_with_its_name(safety: Safety) -> None:
    safety.set_tier("prod", Tier.PRODUCTION)
    safety.check("prod", "123456789012", ME)
    safety.trust_endpoint("prod", "http://here")
    assert safety.rename("prod", "live") is None
    assert safety.tier("live") is Tier.PRODUCTION
    assert safety.pin("live") == Pin("123456789012", "aws", ME)
    assert safety.trusts_endpoint("live", "http://here")
    assert safety.tier("prod") is Tier.PRODUCTION, (
        "a profile that is named so again is not taken for harmless"
    )


def test_another_profile_of_a_deleted_ones_name_is_allowed_nothing_and_as_dangerous(safety: Safety) -> None:
    safety.set_tier("prod", Tier.PRODUCTION)
    safety.check("prod", "123456789012", ME)
    safety.trust_endpoint("prod", "http://here")
    assert safety.forget("prod") is None
    assert not safety.trusts_endpoint("prod", "http://here")
    assert safety.tier("prod") is Tier.PRODUCTION
    assert safety.check("prod", "999999999999", ME) is not None


def test_what_cannot_be_stored_is_said_and_holds(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    safety = Safety(Settings(tmp_path / "file" / "settings.json"))
    problem = safety.set_tier("prod", Tier.READ_ONLY)
    assert problem is not None
    assert "could not be saved" in problem.what
    assert safety.tier("prod") is Tier.READ_ONLY


# What must not be lost --------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{half", b"\x00" * 100, b"[]"])
@pytest.mark.parametrize("name", ["settings.json", "protection.json"])
def test_damage_does_not_make_an_ordinary_profile_of_production(
    safety: Safety, path: Path, name: str, content: bytes
) -> None:
    safety.set_tier("prod", Tier.PRODUCTION)
    safety.check("prod", "123456789012", ME)
    path.with_name(name).write_bytes(content)
    damaged = again(path)
    assert damaged.tier("prod") is Tier.PRODUCTION
    assert damaged.tier("other") is Tier.NORMAL
    assert damaged.pin("prod") == Pin("123456789012", "aws", ME)
    assert (damaged.problem is not None) == (name == "protection.json")


def test_without_a_copy_every_profile_is_read_only_until_the_user_chooses(safety: Safety, path: Path) -> None:
    safety.set_tier("prod", Tier.PRODUCTION)
    for name in ("protection.json", "protection.json.good"):
        path.with_name(name).write_bytes(b"{")
    damaged = again(path)
    assert damaged.problem is not None
    assert "read-only until you choose" in damaged.problem.why
    assert damaged.tier("prod") is Tier.READ_ONLY
    assert again(path).tier("prod") is Tier.READ_ONLY, "also after a restart"
    damaged.set_tier("dev", Tier.NORMAL)
    assert again(path).tier("dev") is Tier.NORMAL
    assert again(path).tier("prod") is Tier.READ_ONLY


def test_a_file_that_cannot_be_read_is_not_an_empty_one(safety: Safety, path: Path) -> None:
    safety.set_tier("prod", Tier.PRODUCTION)
    place = path.with_name("protection.json")
    place.unlink()
    place.mkdir()  # reading it fails for root, too
    assert again(path).tier("prod") is Tier.PRODUCTION


def test_tiers_of_earlier_versions_are_taken_over(path: Path) -> None:
    stored = {"account_id": "123456789012", "partition": "aws", "arn": ME}
    Settings(path).set("profile.prod.tier", "production")
    Settings(path).set("profile.prod.pin", stored)
    assert again(path).tier("prod") is Tier.PRODUCTION
    path.unlink()
    assert again(path).tier("prod") is Tier.PRODUCTION
    assert again(path).pin("prod") == Pin("123456789012", "aws", ME)


def test_damage_before_the_tiers_of_an_earlier_version_were_taken_over_protects_every_profile(
    path: Path,
) -> None:
    path.write_bytes(b"{")
    assert again(path).tier("prod") is Tier.READ_ONLY


def test_a_tier_that_was_set_in_another_window_holds_here(safety: Safety, path: Path) -> None:
    other = again(path)
    safety.set_tier("prod", Tier.READ_ONLY)
    other.follow()
    assert other.tier("prod") is Tier.READ_ONLY
    other.set_tier("dev", Tier.PRODUCTION)
    assert again(path).tier("prod") is Tier.READ_ONLY
