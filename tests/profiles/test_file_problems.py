"""What is odd about the files as a whole: each ignored section with its line and the way out."""

import os

import botocore.session
import pytest

from tests.aws.conftest import AwsFiles
from workbench.profiles.model import Problem
from workbench.profiles.read import Fix, better_header, read_profiles

KEY = "aws_access_key_id = AKID\naws_secret_access_key = SECRETVALUE\n"


def problems() -> tuple[Problem, ...]:
    return read_profiles(os.environ).problems


def names_of_botocore() -> set[str]:
    return set(botocore.session.Session().full_config["profiles"])


def key_of(session: botocore.session.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return credentials.access_key


@pytest.mark.parametrize(
    ("section", "better", "hint"),
    [
        ("a", "profile a", "A profile's section is written [profile a]."),
        ("profile a b", 'profile "a b"', 'A name that contains spaces is written [profile "a b"].'),
        ("profile bob's", 'profile "bob\'s"', 'Its quotation marks do not match: write [profile "bob\'s"].'),
        (" profile a", "profile a", "A profile's section is written [profile a]."),
        ("Profile a", "profile a", "A profile's section is written [profile a]."),
        ('"a"', "profile a", "A profile's section is written [profile a]."),
        ('Profile "a b"', 'profile "a b"', 'A profile\'s section is written [profile "a b"].'),
        ("default ", "default", "The default profile's section is written [default]."),
        ("Default", "default", "The default profile's section is written [default]."),
        ("profile", "", "Write [profile NAME]."),
        ("sso-session", "", "is ignored. Write [sso-session NAME]."),
        ("sso-session a b", 'sso-session "a b"', 'is ignored. Write [sso-session "a b"].'),
        ("SSO-Session a", "sso-session a", "section is written [sso-session a]."),
        ("services", "", "is ignored. Write [services NAME]."),
    ],
)
def test_an_ignored_section_is_told_with_its_line_and_a_way_out(
    aws_files: AwsFiles, section: str, better: str, hint: str
) -> None:
    """H14."""
    path = aws_files.config(f"[profile z]\nregion = x\n[{section}]\nregion = y\n")
    assert names_of_botocore() == {"z"}
    [problem] = problems()
    assert (problem.path, problem.line) == (path, 3)
    assert problem.text.startswith(f"[{section}] is ignored. ")
    assert hint in problem.text
    assert problem.fix == (Fix.RENAME_SECTION if better else "")
    assert better_header(section) == better


def test_no_header_is_offered_that_is_taken(aws_files: AwsFiles) -> None:
    aws_files.config("[profile a]\n[a]\n")
    assert [problem.fix for problem in problems()] == [""]


@pytest.mark.parametrize("section", ["sso-session s", "services local", "plugins", "preview"])
def test_sections_for_other_things_are_no_problem(aws_files: AwsFiles, section: str) -> None:
    aws_files.config(f"[{section}]\nx = y\n")
    assert problems() == ()


def test_the_settings_in_a_services_section_are_no_problem(aws_files: AwsFiles) -> None:
    aws_files.config(
        "[services local]\nlambda =\n  endpoint_url = http://localhost:1\nsqs =\n  endpoint_url = x\n"
    )
    assert problems() == ()


def test_a_comment_in_an_sso_session_is_told(aws_files: AwsFiles) -> None:
    path = aws_files.config("[sso-session s]\nsso_region = eu-west-1 # Ireland\n")
    assert problems() == (
        Problem("The comment after the value is part of “sso_region”.", path, 2, Fix.REMOVE_COMMENT),
    )


def test_of_two_sections_for_one_profile_the_last_counts(aws_files: AwsFiles) -> None:
    """H5."""
    path = aws_files.config('[profile a]\nregion = x\noutput = json\n[profile "a"]\nregion = y\n')
    assert botocore.session.Session(profile="a").get_scoped_config() == {"region": "y"}
    [profile] = read_profiles(os.environ).profiles
    assert profile.region == "y"
    text = "[profile a] is ignored: a later section is for the same profile “a”."
    assert problems() == (Problem(text, path, 1, Fix.REMOVE_SECTION),)


def test_what_every_profile_inherits_is_told_once(aws_files: AwsFiles) -> None:
    """H13."""
    path = aws_files.config("[profile a]\n[DEFAULT]\nrole_arn = r\nregion = x\n[profile b]\n")
    assert "role_arn" in botocore.session.Session(profile="a").get_scoped_config()
    [problem] = problems()
    assert (problem.path, problem.line, problem.fix) == (path, 2, Fix.RENAME_SECTION)
    assert problem.text == "Settings in [DEFAULT] apply to every profile in this file: role_arn, region."
    aws_files.config("[default]\n[DEFAULT]\nregion = x\n")
    assert [problem.fix for problem in problems()] == [""]


def test_a_section_written_for_the_other_file_is_told(aws_files: AwsFiles) -> None:
    path = aws_files.credentials(f"[profile a]\n{KEY}[profile b]\n{KEY}[b]\n{KEY}")
    assert names_of_botocore() == {"profile a", "profile b", "b"}
    text = "In this file, a profile section is written [{}], without “profile”."
    assert problems() == (
        Problem(text.format("a"), path, 1, Fix.RENAME_SECTION),
        Problem(text.format("b"), path, 4),
    )


def test_nul_characters_are_told(aws_files: AwsFiles) -> None:
    """H12."""
    path = aws_files.config("[profile a]\nregion = x\0\n")
    [problem] = problems()
    assert (problem.path, problem.line) == (path, 2)
    assert "UTF-16" in problem.text


def test_a_key_in_the_environment_is_told_and_the_choice_wins(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R10: an explicit profile takes the environment's key out of botocore's search."""
    aws_files.config(f"[profile a]\n{KEY}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ENVSECRET")
    [problem] = problems()
    assert problem.text.startswith(
        "AWS_ACCESS_KEY_ID is set in the environment. Workbench uses the selected profile"
    )
    assert "ENV" not in problem.text
    assert key_of(botocore.session.Session(profile="a")) == "AKID"
    assert key_of(botocore.session.Session()) == "AKIDENV"


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_variable_that_names_no_profile_is_told(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    aws_files.config("[profile a]\n")
    monkeypatch.setenv(variable, "a")
    assert problems() == ()
    monkeypatch.setenv(variable, "ghost")
    assert [str(problem) for problem in problems()] == [
        f"{variable} names the profile “ghost”, which does not exist."
    ]
