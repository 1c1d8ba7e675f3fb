"""What the SDK takes in silence is told, with the line; what is right is left in peace."""

import os
from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import pytest

from tests.aws.conftest import AwsFiles
from workbench.profiles.model import Problem
from workbench.profiles.read import Fix, comment_start, read_profiles

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY = "aws_access_key_id = AKID\naws_secret_access_key = SECRETVALUE\n"
AKIA, ASIA = "AKIA" + "X" * 16, "ASIA" + "X" * 16
ARN = "arn:aws:iam::123456789012:role/r"
ROLE = f"region = eu-west-1\nrole_arn = {ARN}\n"
OUTSIDE = f"{ROLE}credential_source = Environment\n"
HEAD = "[profile p]\n"
UNUSED = "Its access key in the configuration file is never used: "
SSO = "sso_account_id = 1\nsso_role_name = r\n"
SESSION = "[sso-session s]\nsso_start_url = https://x\nsso_region = eu-west-1\n"


def problems(name: str = "p") -> tuple[Problem, ...]:
    found = read_profiles(os.environ, NOW)
    return next(profile.problems for profile in found.profiles if profile.name == name)


COMMENT, GLUED, KEYS, SPELL = Fix.REMOVE_COMMENT, Fix.SPLIT_GLUED, Fix.REMOVE_KEYS, Fix.SPELL_SOURCE
CONFIG = [
    # row, options of [profile p] (line 1), line, beginning of the text, fix
    ("H16", "region = eu-central-1 # Frankfurt\n", 2, "The comment after the value is part of “re", COMMENT),
    ("H16", "region = x\noutput = json ; x\n", 3, "The comment after the value is part of “out", COMMENT),
    ("H16", "credential_process = helper 'a # b' # why\n", 2, "The comment after the value", COMMENT),
    ("H16", "region = # why\n", 2, "The comment after the value is part of “re", COMMENT),
    ("H16", "s3 =\n  addressing_style = path # x\n", 2, "The comment after the value is part of “s3”", ""),
    ("H3", "region = eu-central-1\n\toutput = json\n", 3, "The indented line below “region” became", GLUED),
    ("H3", "region = x\n# why\n\n  output: json\n", 5, "The indented line below “region” became", GLUED),
    ("H3", "region =\n  output = json\n", 3, "The indented line below “region” became", GLUED),
    ("H3", "region = x\n  [profile q]\n  region = y\n", 3, "The header below “region” is indented", GLUED),
    ("H3", "region = x\n  yes\n", 3, "The indented line below “region” is part", ""),
    ("R1", f"{ROLE}source_profile = ghost\n", 4, "Its source_profile “ghost” does not exist.", ""),
    ("R2", f"{ROLE}source_profile = p\n", 4, "Its roles form a loop: p → p.", ""),
    ("R3", f"{OUTSIDE}source_profile = p\n", 4, "It has both source_profile", ""),
    ("", ROLE, 3, "It specifies a role, but neither source_profile", ""),
    ("", f"{ROLE}credential_source = environment\n", 4, "Its credential_source “environment” is", SPELL),
    ("", f"{ROLE}credential_source = Magic\n", 4, "Its credential_source “Magic” is not valid: AWS", ""),
    ("", f"{OUTSIDE}duration_seconds = 1h\n", 5, "Its duration_sec", ""),
    ("", "mfa_serial = arn\n", 2, "It has mfa_serial but no role, so the SDK does not ask for a code", ""),
    ("", "web_identity_token_file = /t\n", 2, "It has web_identity_token_file, but no role_arn", ""),
    ("", "aws_access_key_id = AKID\n", 2, "Its access key is incomplete: aws_secret", KEYS),
    ("", "region = x\naws_secret_access_key = x\n", 3, "Its access key is incomplete: aws_access", KEYS),
    ("R9", f"{KEY}credential_process = helper\n", 2, f"{UNUSED}cred", KEYS),
    ("R9", f"{KEY}login_session = x\n", 2, f"{UNUSED}login", KEYS),
    ("", KEY.replace("AKID", ASIA), 2, "Its access key is temporary, but", ""),
    ("", f"aws_session_token = t\n{KEY}".replace("AKID", AKIA), 3, "Its access key is a long-term", ""),
    ("", f"{KEY}aws_session_token = t\nexpiration = 2029-12-31 23:59\n", 2, "Its temporary cred", ""),
    ("", f"sso_session = ghost\n{SSO}", 2, "Its [sso-session ghost] does not exist.", ""),
    ("", f"sso_start_url = https://x\n{SSO}", 1, "sso_region is missing, so sign-in is not possible.", ""),
    ("", f"sso_session = s\nsso_account_id = 1\n{SESSION}", 3, "It has sso_account_id, but no sso_role", ""),
    ("", f"sso_session = s\nsso_region = x\n{SSO}{SESSION}", 3, "sso_region is different here and in", ""),
    ("", f"sso_session = s\n{SSO}[sso-session s]\nsso_region = x\n", 2, "sso_start_url is missing in", ""),
    ("", f"sso_session = s\n{SSO}{KEY}{SESSION}", 5, f"{UNUSED}the", KEYS),
]  # fmt: skip


@pytest.mark.parametrize(("row", "options", "line", "text", "fix"), CONFIG)
def test_what_is_odd_is_told_with_its_line(
    aws_files: AwsFiles, row: str, options: str, line: int, text: str, fix: str
) -> None:
    path = aws_files.config(f"[profile p]\n{options}")
    [problem] = problems()
    assert problem.text.startswith(text), row
    assert (problem.path, problem.line, problem.fix) == (path, line, fix)
    assert "SECRETVALUE" not in repr(problem)


@pytest.mark.parametrize(
    "options",
    [
        "s3 =\n  addressing_style = path\n  max_queue_size = 1\nregion = x\n",
        "region = us-east-1\noutput = json\n# note\n; note\n",
        "credential_process = sh -c 'a ; b # c'\n",
        'credential_process = "C:\\x y\\h.exe" --url http://x#y\n',
        "sso_start_url = https://x/start#/\nsso_region = eu-west-1\n" + SSO,
        f"sso_session = s\n{SSO}{SESSION}",
        f"sso_session = s\n{SESSION}",
        f"{ROLE}credential_source = Ec2InstanceMetadata\nduration_seconds = 3600\nmfa_serial = x\n",
        f"{ROLE}source_profile = p\n{KEY}",
        f"{ROLE}web_identity_token_file = /t\n",
        KEY,
        f"aws_access_key_id = {ASIA}\naws_secret_access_key = x\naws_session_token = t\n",
        f"{KEY}aws_session_token = t\nexpiration = 2031-01-01\n",
    ],
)
def test_what_is_right_is_no_problem(aws_files: AwsFiles, options: str) -> None:
    aws_files.config(f"[profile p]\n{options}")
    assert problems() == ()


def test_a_key_that_hides_a_helper_is_blamed_in_its_own_file(aws_files: AwsFiles) -> None:
    """R9."""
    aws_files.config("[profile p]\ncredential_process = helper\n")
    path = aws_files.credentials(f"[p]\nregion = x\n{KEY}")
    text = "Its credential_process is never run: the access key in the credentials file takes precedence."
    assert problems() == (Problem(text, path, 3, Fix.REMOVE_KEYS),)


def test_a_key_beside_one_that_was_moved_to_the_keyring_is_not_to_be_removed_at_a_click(
    aws_files: AwsFiles,
) -> None:
    """As after a rotation with `aws configure`: it is the only copy of the new one."""
    aws_files.config("[profile p]\ncredential_process = /opt/workbench credentials p\n")
    path = aws_files.credentials(f"[p]\n{KEY}")
    text = (
        "The access key in the credentials file takes precedence over the one that was moved. Move "
        "it as well."
    )
    assert problems() == (Problem(text, path, 2),)


def test_of_keys_in_both_files_the_one_that_is_not_used_is_blamed(aws_files: AwsFiles) -> None:
    path = aws_files.config(f"[profile p]\n{KEY}")
    aws_files.credentials(f"[p]\n{KEY}")
    text = (
        "Its access key in the configuration file is never used: the one in the credentials file "
        "takes precedence."
    )
    assert problems() == (Problem(text, path, 2, Fix.REMOVE_KEYS),)


def test_what_is_wrong_further_along_the_roles_is_told_of_every_profile_before(aws_files: AwsFiles) -> None:
    path = aws_files.config(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = ghost\n"
    )
    assert problems() == (Problem("“q”’s source_profile “ghost” does not exist.", path, 4),)
    assert problems("q") == (Problem("Its source_profile “ghost” does not exist.", path, 8),)
    aws_files.config(f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}")
    assert problems()[0].text.startswith(
        "“q”, later in the role chain, specifies a role, but neither source_profile"
    )


def test_a_source_without_credentials_is_told(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile p]\n{ROLE}source_profile = q\n[profile q]\nregion = x\n")
    assert problems()[0].text == "Its source_profile “q” has no credentials."
    assert problems("q") == ()


def test_a_loop_names_its_way(aws_files: AwsFiles) -> None:
    """R2."""
    aws_files.config(f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n")
    assert problems()[0].text == "Its roles form a loop: p → q → p."
    assert problems("q")[0].text == "Its roles form a loop: q → p → q."


def test_roles_without_end_in_sight_are_told(aws_files: AwsFiles) -> None:
    aws_files.config(
        "".join(f"[profile p{number or ''}]\n{ROLE}source_profile = p{number + 1}\n" for number in range(30))
    )
    assert problems()[0].text == "The role chain has no end after 21 steps."


def test_a_section_of_very_many_odd_lines_takes_no_time(aws_files: AwsFiles) -> None:
    count = 20_000
    aws_files.config(HEAD + "".join(f"k{number} = x # why\n" for number in range(count)))
    assert len(problems()) == count


def test_a_role_of_another_partition_needs_a_region(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4: elsewhere none is needed, and ours are taken in the chosen one (tests/aws/test_credentials.py)."""
    text = f"[profile p]\nrole_arn = {ARN}\nsource_profile = q\n[profile q]\n{KEY}"
    aws_files.config(text)
    assert problems() == ()
    path = aws_files.config(text.replace("arn:aws:", "arn:aws-cn:"))
    client = botocore.session.Session(profile="q").create_client("sts")
    assert client.meta.endpoint_url == "https://sts.amazonaws.com"
    [problem] = problems()
    assert (problem.path, problem.line) == (path, 2)
    assert problem.text.startswith("Its role is in aws-cn, but no region is specified")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert problems() == ()


def test_a_profile_of_the_defaults_is_blamed_on_their_line(aws_files: AwsFiles) -> None:
    """H13."""
    path = aws_files.config(f"[DEFAULT]\n{ROLE}source_profile = ghost\n[profile p]\n")
    assert problems() == (Problem("Its source_profile “ghost” does not exist.", path, 4),)


@pytest.mark.parametrize(
    ("option", "value", "start"),
    [
        ("region", "x # y", 1),
        ("region", "x\t;y", 1),
        ("region", "# y", 0),
        ("region", "x#y", -1),
        ("region", "a b  # y", 4),
        ("credential_process", "h ; x", -1),
        ("credential_process", "h 'a # b'", -1),
        ("credential_process", "h 'a # b' # c", 9),
    ],
)
def test_where_a_comment_begins(option: str, value: str, start: int) -> None:
    assert comment_start(option, value) == start


def test_a_problem_says_where_it_is() -> None:
    assert str(Problem("Odd.", Path("c"), 3)) == "c, line 3: Odd."
