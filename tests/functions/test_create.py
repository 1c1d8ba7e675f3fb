"""Creating a function: all of it or nothing, with AWS's exact answers."""

import base64
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.functions.creations import begun
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.new_function import ThroughS3
from workbench.functions import create as room
from workbench.functions import deletion
from workbench.functions.create import (
    Creation,
    CreationJournal,
    CreationStep,
    NewFunction,
    Staged,
    StepKind,
    create,
    finish,
    load_choices,
    package_beside,
    plan_create,
    undo,
)
from workbench.functions.index import list_functions
from workbench.functions.roles import create_role, list_roles

NAME, ROLE = "orders", "orders-role-0a1b2c3d"
ROLE_ARN = f"arn:aws:iam::123456789012:role/{ROLE}"
ARN = f"arn:aws:lambda:eu-central-1:123456789012:function:{NAME}"
STATEMENT = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
WANTED = NewFunction(
    NAME, "python3.13", "app.handler", "arm64", "Takes orders", role_name=ROLE, policy=POLICY
)
WITH_ROLE = NewFunction(NAME, "python3.13", "app.handler", "arm64", role_arn=ROLE_ARN)
ROLE_ANSWER = {
    "Path": "/",
    "RoleName": ROLE,
    "RoleId": "AROAEXAMPLEEXAMPLE",
    "Arn": ROLE_ARN,
    "CreateDate": "2026-11-24T12:00:00Z",
}
REQUEST_ID = "9d2f7e0c-1111-2222-3333-444455556666"
NOT_ASSUMED = "The role defined for the function cannot be assumed by Lambda."
NOT_ALLOWED = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"


def package(text: str = "def handler(event, context):\n    return 'made'\n") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), text)
    return out.getvalue()


ZIP = package()
CODE_SHA256 = base64.b64encode(hashlib.sha256(ZIP).digest()).decode()


@pytest.fixture
def journal(tmp_path: Path) -> CreationJournal:
    return CreationJournal(tmp_path / "creations")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of attempts in a hundredth of the time."""
    for module, name in ((room, "_NEW_ROLE"), (deletion, "_WHILE_BUSY")):
        backoff: Backoff = getattr(module, name)
        first_s, longest_s, total_s = (
            each / 100 for each in (backoff.first_s, backoff.longest_s, backoff.total_s)
        )
        short = replace(backoff, first_s=first_s, longest_s=longest_s, total_s=total_s)
        monkeypatch.setattr(module, name, short)


def names(connection: Connection) -> tuple[list[str], list[str]]:
    """The functions and the roles that are there."""
    functions = [each.function_name for each in list_functions(connection, JobContext())]
    return functions, [each.name for each in list_roles(connection, JobContext())]


def is_over(journal: CreationJournal, tmp_path: Path) -> bool:
    return not any((tmp_path / "creations").iterdir())


def free_name(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)


def made_role(aws: StubbedAws) -> None:
    aws.answer("iam", "create_role", {"Role": ROLE_ANSWER})
    aws.answer("iam", "put_role_policy", {})


def undone_settings(aws: StubbedAws) -> None:
    aws.answer("iam", "delete_role_policy", {}, {"RoleName": ROLE, "PolicyName": "workbench"})
    aws.answer("iam", "delete_role", {}, {"RoleName": ROLE})


def configuration(**more: Any) -> dict[str, Any]:
    return {"FunctionName": NAME, "FunctionArn": ARN, "Role": ROLE_ARN, "State": "Active", **more}


# ---- the plan ----------------------------------------------------------------------------------------------


def test_the_plan_says_each_request_and_what_takes_it_back() -> None:
    function = (
        CreationStep(StepKind.FUNCTION, "lambda:CreateFunction", NAME, "lambda:DeleteFunction"),
        CreationStep(StepKind.WAIT, "lambda:GetFunction", NAME),
    )
    assert plan_create(WITH_ROLE) == function
    assert plan_create(WANTED) == (
        CreationStep(StepKind.ROLE, "iam:CreateRole", ROLE, "iam:DeleteRole"),
        CreationStep(StepKind.POLICY, "iam:PutRolePolicy", ROLE, "iam:DeleteRolePolicy"),
        *function,
    )


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("orders", True),
        ("Orders_2-b", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("two words", False),
        ("größe", False),
        ("orders:1", False),
        ("arn:aws:lambda:eu-central-1:123456789012:function:orders", False),
        ("orders\n", False),
        ("../orders", False),
    ],
)
def test_names_are_checked_by_the_service_model(name: str, accepted: bool) -> None:
    assert load_choices().accepts_name(name) == accepted


# ---- on the Sandbox ----------------------------------------------------------------------------------------


def test_a_function_and_its_role_are_made(
    connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    told: list[Progress] = []
    detail = create(connection, WANTED, ZIP, journal, JobContext(report=told.append))
    assert (detail.function_name, detail.runtime, detail.handler) == (NAME, "python3.13", "app.handler")
    assert (detail.state, detail.description, detail.architectures) == ("Active", "Takes orders", ("arm64",))
    assert detail.role_arn.endswith(f":role/{ROLE}")
    answer = connection.call("iam", "get_role_policy", RoleName=ROLE, PolicyName="workbench")
    assert answer["PolicyDocument"]["Statement"] == [STATEMENT]
    assert names(connection) == ([NAME], [ROLE])
    assert is_over(journal, tmp_path)
    assert [each.text for each in told][:2] == [
        f"Creating the role {ROLE}",
        "Adding permissions to the role",
    ]


@pytest.mark.parametrize(
    "last", ["Creating the role", "Adding permissions to the role", f"Creating {NAME}", "Waiting until"]
)
def test_cancel_at_any_step_leaves_nothing(
    last: str, connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    def report(progress: Progress) -> None:
        if progress.text.startswith(last):
            raise Cancelled

    with pytest.raises(Cancelled):
        create(connection, WANTED, ZIP, journal, JobContext(report=report))
    assert names(connection) == ([], [])
    assert is_over(journal, tmp_path)


def with_role(connection: Connection) -> NewFunction:
    """The function with a role that is there."""
    return replace(WITH_ROLE, role_arn=create_role(connection, "theirs", NAME))


def test_a_taken_name_is_said_before_anything_is_made(
    connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    create(connection, with_role(connection), ZIP, journal, JobContext())
    with pytest.raises(WorkbenchError) as caught:
        create(connection, WANTED, ZIP, journal, JobContext())
    assert caught.value.aws_code == "ResourceConflictException"
    assert "A function with this name already exists" in caught.value.why
    assert names(connection) == ([NAME], ["theirs"])


# ---- AWS's refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [NOT_ASSUMED, NOT_ALLOWED])
def test_a_new_role_that_lambda_does_not_know_yet_is_waited_for(
    aws: StubbedAws, journal: CreationJournal, words: str
) -> None:
    free_name(aws)
    made_role(aws)
    for _ in range(5):
        aws.refuse("lambda", "create_function", "InvalidParameterValueException", words)
    expected = {
        "FunctionName": NAME,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Role": ROLE_ARN,
        "Description": "Takes orders",
        "Architectures": ["arm64"],
        "Code": {"ZipFile": ZIP},
    }
    aws.answer("lambda", "create_function", configuration(), expected)
    aws.answer("lambda", "get_function", {"Configuration": configuration()})
    assert create(aws.connection, WANTED, ZIP, journal, JobContext()).function_name == NAME


def test_a_role_that_lambda_never_knows_is_taken_back(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path
) -> None:
    free_name(aws)
    made_role(aws)
    pauses, waited_s = 0, 0.0
    while (waited_s := waited_s + room._NEW_ROLE.pause_s(pauses + 1)) <= room._NEW_ROLE.total_s:
        pauses += 1
    for _ in range(pauses + 1):
        aws.refuse(
            "lambda", "create_function", "InvalidParameterValueException", NOT_ASSUMED, request_id=REQUEST_ID
        )
    undone_settings(aws)
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext())
    assert "cannot be assumed" in caught.value.why
    assert "All resources that were created for it were deleted." in caught.value.why
    assert is_over(journal, tmp_path)


def test_a_chosen_role_that_cannot_be_assumed_is_said_at_once(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path
) -> None:
    free_name(aws)
    aws.refuse(
        "lambda", "create_function", "InvalidParameterValueException", NOT_ASSUMED, request_id=REQUEST_ID
    )
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WITH_ROLE, ZIP, journal, JobContext())
    assert "were deleted" not in caught.value.why  # nothing was made
    assert is_over(journal, tmp_path)


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("ResourceConflictException", f"Function already exist: {NAME}", 409),
        ("CodeStorageExceededException", "Code storage limit exceeded.", 400),
        ("InvalidParameterValueException", "The runtime parameter of python3.6 is no longer supported", 400),
        ("AccessDeniedException", "User: x is not authorized to perform: iam:PassRole on resource: y", 403),
        ("TooManyRequestsException", "Rate exceeded", 429),
    ],
)
def test_a_refused_function_takes_its_role_with_it(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path, code: str, message: str, status: int
) -> None:
    free_name(aws)
    made_role(aws)
    aws.refuse("lambda", "create_function", code, message, status, request_id=REQUEST_ID)
    if code == "ResourceConflictException":  # somebody was quicker: theirs is looked at, and stays
        theirs = configuration(CodeSha256="theirs", Role=f"{ROLE_ARN}-theirs")
        aws.answer("lambda", "get_function", {"Configuration": theirs})
    undone_settings(aws)
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext())
    assert caught.value.aws_code == code
    assert caught.value.why.endswith("All resources that were created for it were deleted.")
    assert is_over(journal, tmp_path)


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("AccessDenied", "User: x is not authorized to perform: iam:CreateRole on resource: y", 403),
        ("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", 409),
    ],
)
def test_a_refused_role_leaves_nothing_to_take_back(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path, code: str, message: str, status: int
) -> None:
    free_name(aws)
    aws.refuse("iam", "create_role", code, message, status, request_id=REQUEST_ID)
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext())
    assert (caught.value.aws_code, caught.value.what) == (code, f"Could not create the role {ROLE}.")
    assert is_over(journal, tmp_path)


def test_an_answer_that_was_lost_is_found_in_what_it_made(aws: StubbedAws, journal: CreationJournal) -> None:
    free_name(aws)
    made_role(aws)
    aws.refuse(
        "lambda", "create_function", "ResourceConflictException", f"Function already exist: {NAME}", 409
    )
    mine = configuration(CodeSha256=CODE_SHA256)
    for _ in range(2):
        aws.answer("lambda", "get_function", {"Configuration": mine})
    assert create(aws.connection, WANTED, ZIP, journal, JobContext()).code_sha256 == CODE_SHA256


def test_a_function_that_aws_could_not_make_is_taken_back(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path
) -> None:
    free_name(aws)
    made_role(aws)
    aws.answer("lambda", "create_function", configuration(State="Pending"))
    failed = configuration(State="Failed", StateReason="The image is broken.", CodeSha256=CODE_SHA256)
    for _ in range(2):
        aws.answer("lambda", "get_function", {"Configuration": failed})
    aws.refuse("lambda", "delete_function", "ResourceConflictException", "An update is in progress", 409)
    aws.answer("lambda", "delete_function", {}, {"FunctionName": NAME})
    undone_settings(aws)
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext())
    assert caught.value.aws_code == "State=Failed"
    assert caught.value.why == "The image is broken. All resources that were created for it were deleted."
    assert is_over(journal, tmp_path)


def test_what_cannot_be_taken_back_is_said_and_kept_for_the_next_start(
    aws: StubbedAws, journal: CreationJournal
) -> None:
    free_name(aws)
    made_role(aws)
    aws.refuse("lambda", "create_function", "CodeStorageExceededException", request_id=REQUEST_ID)
    aws.answer("iam", "delete_role_policy", {})
    aws.refuse(
        "iam", "delete_role", "AccessDenied", "User: x is not authorized to perform: iam:DeleteRole", 403
    )
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext())
    assert caught.value.aws_code == "CodeStorageExceededException"
    assert f"These resources could not be deleted: Could not delete the role {ROLE}." in caught.value.why
    [left] = journal.unfinished("123456789012", "eu-central-1")
    assert left.begun == ("role",)
    aws.answer("iam", "delete_role", {}, {"RoleName": ROLE})
    undo(aws.connection, left, journal)
    assert journal.unfinished("123456789012", "eu-central-1") == ()


def test_a_cancel_that_cannot_take_back_says_so(aws: StubbedAws, journal: CreationJournal) -> None:
    def report(progress: Progress) -> None:
        if progress.text.startswith("Adding"):
            raise Cancelled

    free_name(aws)
    aws.answer("iam", "create_role", {"Role": ROLE_ANSWER})
    aws.refuse("iam", "delete_role", "ServiceFailure", "", 500)
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, WANTED, ZIP, journal, JobContext(report=report))
    assert caught.value.what.startswith(f"The creation of {NAME} was cancelled, but")
    assert f"Could not delete the role {ROLE}." in caught.value.why
    assert len(journal.unfinished("123456789012", "eu-central-1")) == 1


def test_undo_leaves_a_function_that_got_other_code_since(
    connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    wanted = with_role(connection)
    begun(journal, wanted, ZIP, connection.account_id, connection.region, StepKind.FUNCTION)
    other = CreationJournal(tmp_path / "others")
    create(connection, wanted, package("def handler(event, context): ...\n"), other, JobContext())
    [left] = journal.unfinished(connection.account_id, connection.region)
    undo(connection, left, journal)
    assert names(connection)[0] == [NAME]


def test_finish_goes_on_where_a_crash_ended_it(
    connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    begun(journal, WANTED, ZIP, connection.account_id, connection.region, StepKind.ROLE)
    [left] = journal.unfinished(connection.account_id, connection.region)
    assert finish(connection, left, journal, JobContext()).state == "Active"
    assert names(connection) == ([NAME], [ROLE])
    assert is_over(journal, tmp_path)


def test_finish_makes_again_what_has_gone_since(connection: Connection, journal: CreationJournal) -> None:
    creation = Creation(connection.account_id, connection.region, WANTED, CODE_SHA256)
    with journal.begin_creation(creation, ZIP) as file:
        for step, facts in (("role", {"role_arn": ROLE_ARN}), ("policy", {})):
            file.before(step)
            file.after(step, facts)
    [left] = journal.unfinished(connection.account_id, connection.region)
    assert finish(connection, left, journal, JobContext()).state == "Active"
    assert names(connection) == ([NAME], [ROLE])


class KeepingRoles(Connection):
    """A connection to the Sandbox by which no role may be deleted."""

    def __init__(self, inner: Connection) -> None:
        self.__dict__ |= inner.__dict__

    def call(self, service: str, operation_method: str, /, **params: Any) -> dict[str, Any]:
        if operation_method == "delete_role":
            raise WorkbenchError("Could not delete it.", "", "", "AccessDenied", REQUEST_ID)
        return super().call(service, operation_method, **params)


def test_finish_makes_again_what_an_undo_that_failed_has_undone(
    connection: Connection, journal: CreationJournal, tmp_path: Path
) -> None:
    role_arn = create(connection, WANTED, ZIP, CreationJournal(tmp_path / "others"), JobContext()).role_arn
    creation = Creation(connection.account_id, connection.region, WANTED, CODE_SHA256)
    with journal.begin_creation(creation, ZIP) as file:
        for step, facts in (("role", {"role_arn": role_arn}), ("policy", {}), ("function", {})):
            file.before(step)
            file.after(step, facts)
    [left] = journal.unfinished(connection.account_id, connection.region)
    with pytest.raises(WorkbenchError, match="Could not delete it"):
        undo(KeepingRoles(connection), left, journal)
    assert names(connection) == ([], [ROLE])

    assert finish(connection, left, journal, JobContext()).state == "Active"  # as the window found it
    assert names(connection) == ([NAME], [ROLE])


class Bucket(ThroughS3):
    """One that only says what was deleted from it."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_package(self, _connection: Connection, staged: Staged) -> None:
        self.deleted.append(staged.key.split("/")[1])

    def delete_bucket(self, _connection: Connection, staged: Staged) -> None:
        self.deleted.append(staged.bucket)


def test_undo_deletes_what_was_uploaded_though_the_copy_on_disk_is_gone(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path
) -> None:
    creation = Creation("123456789012", "eu-central-1", WITH_ROLE, CODE_SHA256)
    with journal.begin_creation(creation, ZIP) as file:
        file.before("bucket")
        file.before("upload")
    package_beside(file.path).unlink()
    [left] = journal.unfinished("123456789012", "eu-central-1")
    bucket = Bucket()
    undo(aws.connection, left, journal, bucket)
    assert bucket.deleted == [NAME, "workbench-deploy-123456789012-eu-central-1"]
    assert is_over(journal, tmp_path)
