"""How the parity bench compares answers, makes what a case needs, and knows what Workbench calls."""

import pytest

from tests.bench._parity.called import called_operations
from tests.bench._parity.compare import is_same
from tests.bench._parity.corpus import Case, Refusal
from tests.bench._parity.replay import ACCEPTED, replay, whole
from tests.bench._parity.scenes import steps_for
from tests.bench._parity.servers import Server
from workbench.sandbox.supervisor import Endpoint

# Recorded: test_lambda_api.py::TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_concurrency]
_MISSING = Refusal(
    "ResourceNotFoundException",
    "Function not found: arn:<partition>:lambda:<region>:111111111111:function:<nonexisting-fn-name>",
)
_DUPLICATE = Case(
    "test_permission_exceptions#add_permission_conflicting_statement_id",
    "lambda",
    "AddPermission",
    {
        "FunctionName": "lambda_func-b48827cb",
        "Action": "lambda:InvokeFunction",
        "StatementId": "s3",
        "Principal": "s3.amazonaws.com",
        "SourceArn": "arn:aws:s3:::test-bucket",
    },
    Refusal(
        "ResourceConflictException",
        "The statement id (s3) provided already exists. Please provide a new statement id, or remove the "
        "existing statement.",
    ),
)


@pytest.mark.parametrize(
    ("recorded", "code", "message", "same"),
    [
        (
            _MISSING,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:700000000001:function:i-dont-exist-27ed00b6",
            True,
        ),
        (_MISSING, "ResourceNotFoundException", "Function does not exist", False),
        (_MISSING, "ValidationException", _MISSING.message, False),
        (Refusal("ResourceNotFound", ""), "ResourceNotFound", "Alarm not found", True),
        (
            Refusal("ValidationException", "1 validation error detected: Value 'x' at 'a' failed: no"),
            "ValidationException",
            "1 validation error detected: Value 'y' at 'a' failed: no",
            False,
        ),
        (
            Refusal(
                "ValidationException", "2 validation errors detected: Value 'x' at 'a'; Value 'y' at 'b'"
            ),
            "ValidationException",
            "2 validation errors detected: Value 'y' at 'b'; Value 'x' at 'a'",
            True,
        ),
        (
            Refusal("ValidationException", "Member must satisfy enum value set: [LATEST, TRIM_HORIZON]"),
            "ValidationException",
            "Member must satisfy enum value set: [TRIM_HORIZON, LATEST, AT_TIMESTAMP]",
            True,
        ),
        (
            Refusal("ValidationException", "Member must satisfy enum value set: [LATEST, TRIM_HORIZON]"),
            "ValidationException",
            "Member must satisfy enum value set: [LATEST]",
            False,
        ),
        (Refusal("X", "the beginning of it", is_cut=True), "X", "the beginning of it all", True),
    ],
)
def test_answers_compare_without_what_differs_from_run_to_run(
    recorded: Refusal, code: str, message: str, same: bool
) -> None:
    assert is_same(recorded, code, message) is same


def test_what_a_request_names_is_made_unless_aws_says_that_it_is_not_there() -> None:
    steps, _ = steps_for(_DUPLICATE)
    assert "function lambda_func-b48827cb" in steps
    assert "permission {FunctionName} s3" in steps
    missing = Case("test#x", "lambda", "GetFunction", {"FunctionName": "f"}, _MISSING)
    assert steps_for(missing)[0] == []


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("lambda", "GetFunction", {"FunctionName": "f", "Qualifier": "a" * 129}),
        ("logs", "DeleteMetricFilter", {"filterName": "f", "logGroupName": "X" * 300 + "…(513)"}),
    ],
)
def test_what_has_a_name_that_aws_refuses_is_not_made(
    service: str, operation: str, request_: dict[str, str]
) -> None:
    refusal = Refusal("ValidationException", "1 validation error detected: Value …")
    steps, _ = steps_for(Case("test#x", service, operation, request_, refusal))
    assert [step for step in steps if len(step) > 100] == []


def test_a_cut_request_is_whole_again() -> None:
    case = Case("test#x", "sns", "Publish", {}, _MISSING)
    assert whole({"Message": "aa…(9)", "Data": "<3 bytes>"}, case) == {"Message": "a" * 9, "Data": b"xxx"}


def test_the_called_operations_are_found_in_the_code() -> None:
    called = called_operations()
    assert {
        ("lambda", "CreateFunction"),
        ("lambda", "InvokeWithResponseStream"),
        ("lambda", "UpdateFunctionConfiguration"),
        ("scheduler", "CreateSchedule"),
        ("apigateway", "PutIntegration"),
        ("logs", "FilterLogEvents"),
    } <= called
    assert ("lambda", "AddLayerVersionPermission") not in called


def test_a_recorded_case_is_replayed_on_the_real_sandbox(endpoint: Endpoint) -> None:
    server = Server("Sandbox", endpoint.url, is_sandbox=True)
    outcome = replay(_DUPLICATE, server)
    assert outcome.failed == ()
    assert outcome.code == "ResourceConflictException", outcome
    accepted = Case(
        "test#x", "lambda", "GetFunction", {"FunctionName": "there"}, Refusal("Whatever", "something else")
    )
    assert replay(accepted, server).code == ACCEPTED
