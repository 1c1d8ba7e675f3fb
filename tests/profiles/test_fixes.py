"""Each repair does away with its problem and nothing else; what only a person can tell is refused."""

import os
from pathlib import Path

import pytest

from tests.aws.conftest import AwsFiles
from workbench.core.errors import WorkbenchError
from workbench.profiles.fixes import fix_for
from workbench.profiles.ini_editor import FileEdits, apply_edits, verify
from workbench.profiles.model import Problem
from workbench.profiles.read import Fix, read_profiles

KEY = "aws_access_key_id = AKID\naws_secret_access_key = SECRETVALUE\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/r\nregion = x\n"
HEAD = "[profile p]\n"


def all_problems() -> list[Problem]:
    found = read_profiles(os.environ)
    return [*found.problems, *(problem for profile in found.profiles for problem in profile.problems)]


def the_problem() -> Problem:
    [problem] = [problem for problem in all_problems() if problem.fix]
    return problem


def repair(problem: Problem) -> None:
    """Makes the edits, as the writer would: with a second look."""
    [change] = fix_for(problem, os.environ)
    assert "SECRETVALUE" not in repr(change)
    old = change.path.read_bytes()
    new = apply_edits(old, change.edits)
    verify(old, new, change.edits)
    change.path.write_bytes(new)


@pytest.mark.parametrize(
    ("row", "before", "after"),
    [
        ("H16", f"{HEAD}region = x # why\noutput = json\n", f"{HEAD}region = x\noutput = json\n"),
        ("H16", f"{HEAD}region = # why\n", HEAD),
        ("H16", "[sso-session s]\nsso_region = x ; why\n", "[sso-session s]\nsso_region = x\n"),
        ("H16", "[DEFAULT]\nregion = x # why\n[default]\n", "[DEFAULT]\nregion = x\n[default]\n"),
        ("H3", f"{HEAD}region = x\n\toutput = json\n", f"{HEAD}region = x\noutput = json\n"),
        (
            "H3",
            f"{HEAD}region = x\n    output = json\n  retry_mode: standard\n# end\n",
            f"{HEAD}region = x\noutput = json\nretry_mode = standard\n# end\n",
        ),
        ("H3", f"{HEAD}region =\n  output = json\n", f"{HEAD}output = json\n"),
        (
            "H3",
            f"{HEAD}region = x\n  s3 =\n    addressing_style = path\n",
            f"{HEAD}region = x\ns3 =\n  addressing_style = path\n",
        ),
        (
            "H3",
            f"{HEAD}region = x\n  [profile q]\n  region = y\n[profile z]\n",
            f"{HEAD}region = x\n[profile z]\n\n[profile q]\nregion = y\n",
        ),
        ("R9", f"{HEAD}{KEY}credential_process = h\n", f"{HEAD}credential_process = h\n"),
        ("", f"{HEAD}aws_access_key_id = AKID\naws_session_token = t\nregion = x\n", f"{HEAD}region = x\n"),
        (
            "",
            f"{HEAD}{ROLE}credential_source = ecscontainer\n",
            f"{HEAD}{ROLE}credential_source = EcsContainer\n",
        ),
        ("H14", "[a]\nregion = x\n", "[profile a]\nregion = x\n"),
        ("H14", "[Profile a]\nregion = x\n", "[profile a]\nregion = x\n"),
        ("H14", "[ profile a]\nregion = x\n", "[profile a]\nregion = x\n"),
        ("H14", "[profile bob's]\nregion = x\n", '[profile "bob\'s"]\nregion = x\n'),
        ("H14", "[profile a b]\r\nregion = x\r\n", '[profile "a b"]\r\nregion = x\r\n'),
        ("H14", "[Default]\nregion = x\n", "[default]\nregion = x\n"),
        ("H13", "[DEFAULT]\nregion = x\n[profile a]\n", "[default]\nregion = x\n[profile a]\n"),
        ("H5", '[profile a]\nregion = x\n\n[profile "a"]\nregion = y\n', '[profile "a"]\nregion = y\n'),
    ],
)
def test_the_repair_changes_this_and_the_problem_is_gone(
    aws_files: AwsFiles, row: str, before: str, after: str
) -> None:
    path = aws_files.config("")
    path.write_bytes(before.encode())
    problem = the_problem()
    repair(problem)
    assert path.read_bytes().decode() == after, row
    assert not [each for each in all_problems() if each.text == problem.text]


def test_a_key_that_hides_a_helper_leaves_the_credentials_file(aws_files: AwsFiles) -> None:
    """R9."""
    aws_files.config("[profile p]\ncredential_process = h\n")
    path = aws_files.credentials(f"[p]\n{KEY}aws_session_token = t\n[q]\n{KEY}")
    repair(the_problem())
    assert path.read_text() == f"[p]\n[q]\n{KEY}"
    assert all_problems() == []


def test_a_section_written_for_the_other_file_gets_its_name(aws_files: AwsFiles) -> None:
    path = aws_files.credentials(f"[profile p]\n{KEY}")
    repair(the_problem())
    assert path.read_text() == f"[p]\n{KEY}"


def test_repairs_add_up(aws_files: AwsFiles) -> None:
    aws_files.config('[a]\nregion = x # why\n  output = json ; why\n[profile b]\n[profile "b"]\n[c d]\n')
    for _ in range(10):
        if problem := next((each for each in all_problems() if each.fix), None):
            repair(problem)
    assert all_problems() == []


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}region = x\n  output = json\noutput = text\n",  # which one?
        f"{HEAD}region = x\n  output = json\n  word\n",
        f"{HEAD}region = x\n  [profile q]\n[profile q]\n",
    ],
)
def test_what_only_a_person_can_tell_is_refused(aws_files: AwsFiles, text: str) -> None:
    aws_files.config(text)
    with pytest.raises(WorkbenchError, match="would be duplicates"):
        fix_for(the_problem(), os.environ)


def test_a_problem_without_repair_is_refused() -> None:
    for problem in (Problem("x"), Problem("x", Path("config"), 1), Problem("x", Path("config"), 1, "magic")):
        with pytest.raises(WorkbenchError, match="Workbench cannot determine what was intended"):
            fix_for(problem, {})


BROKEN = [
    ("H4", "[profile p]\n[profile p]\n"),
    ("H6", "[profile p]\nregion = x\nregion = y\n"),
    ("H15", "[profile p]\nSECRETVALUE\n"),
    ("H1", "\ufeff[profile p]\n"),
]


@pytest.mark.parametrize(("row", "text"), BROKEN)
def test_a_broken_file_is_not_repaired_and_its_line_is_named(
    aws_files: AwsFiles, row: str, text: str
) -> None:
    path = aws_files.config(text)
    with pytest.raises(WorkbenchError) as caught:
        fix_for(Problem("x", path, 1, Fix.RENAME_SECTION), os.environ)
    assert f"{path}, line " in caught.value.why, row
    assert "SECRETVALUE" not in str(caught.value)


@pytest.mark.parametrize("fix", list(Fix))
@pytest.mark.parametrize("text", ["", "\n\n[profile p]\noutput = json\n", "[profile p]\n\n\n[x y]\n"])
def test_a_file_that_changed_meanwhile_is_left_alone(aws_files: AwsFiles, fix: Fix, text: str) -> None:
    path = aws_files.config(text)
    with pytest.raises(WorkbenchError, match="was changed in the meantime") as caught:
        fix_for(Problem("x", path, 2, fix), os.environ)
    assert caught.value.action == "profile.reload"


def test_the_edits_name_the_file_and_nothing_else(aws_files: AwsFiles) -> None:
    path = aws_files.config("[a]\n")
    [change] = fix_for(the_problem(), os.environ)
    assert isinstance(change, FileEdits)
    assert change.path == path
