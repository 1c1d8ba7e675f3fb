"""Every row of the table of AWS's answers, through botocore's Stubber."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.aws.conftest import through, unopened
from tests.aws.error_cases import CASES as GENERAL
from tests.aws.error_cases import REQUESTS, Case
from tests.aws.error_cases import SOURCES as WHERE
from tests.aws.record_refusals import RECORDED
from tests.aws.source_error_cases import CASES as SOURCES
from workbench.aws.connection import NOT_IDEMPOTENT
from workbench.aws.errors import CODES, translate
from workbench.core.errors import WorkbenchError

CASES = [*GENERAL, *SOURCES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_of_aws(case: Case) -> None:
    service, method, params = REQUESTS[case.request]
    connection = unopened(through("http://127.0.0.1:1"))
    meta = case.meta
    if "date" in meta.get("HTTPHeaders", {}):
        meta = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC) + timedelta(minutes=12))}}
    with Stubber(connection.client(service, retries=method not in NOT_IDEMPOTENT)) as stubber:
        stubber.add_client_error(
            method,
            case.code,
            case.message,
            case.status,
            meta.get("Error"),
            None,
            {key: value for key, value in meta.items() if key != "Error"} | {"RequestId": "r-7"},
            case.fields or None,
        )
        with pytest.raises(WorkbenchError) as caught:
            connection.call(service, method, failure="Could not do this.", **params)
    error = caught.value
    assert error.what == "Could not do this."
    assert error.why.startswith(case.why)
    assert case.remedy in error.remedy
    assert (error.aws_code, error.request_id, error.action) == (case.code, "r-7", case.action)


def test_an_alias_that_has_gone_leads_back_to_its_function_not_to_the_list() -> None:
    message = "Function not found: arn:aws:lambda:eu-central-1:123456789012:function:hello:live"
    gone = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": message}}, "GetFunction")
    assert translate(gone, failure="Could not read it.").action == "function.refresh"


def test_every_error_of_lambda_is_in_the_table() -> None:
    model = unopened(through("http://127.0.0.1:1")).client("lambda").meta.service_model
    shapes = (model.shape_for(name) for name in model.shape_names)
    codes = {shape.name for shape in shapes if getattr(shape, "metadata", {}).get("exception")}
    assert codes
    assert not codes - set(CODES)


def wild(text: str) -> str:
    """A text without what differs from answer to answer."""
    values = r"arn:\S+|'?(?:<[^>]*>|[a-z]{2}-[a-z]+-\d)'?|\d+"
    return re.sub(values, "*", text)


def is_recorded(case: Case) -> bool:
    """Whether AWS was seen to answer with this code and text, or with one that begins so."""
    return any(
        code == case.code and wild(text).startswith(wild(case.message))
        for _service, _operation, code, text in json.loads(RECORDED.read_text("utf-8"))["refusals"]
    )


def is_modelled(case: Case) -> bool:
    """Whether the service's model says just this of the error."""
    connection = unopened(through("http://127.0.0.1:1"))
    model = connection.client(REQUESTS[case.request][0]).meta.service_model
    words = model.shape_for(case.code).documentation if case.code in model.shape_names else ""
    return re.sub(r"<[^>]+>", "", words).strip() == case.message


def is_of_http(case: Case) -> bool:
    """Whether botocore made both of an answer without a body."""
    return case.code.isdigit() and HTTPStatus(int(case.code)).phrase == case.message


@pytest.mark.parametrize("case", [case for case in CASES if case.message and not case.is_fallback], ids=str)
def test_no_text_of_aws_is_made_up(case: Case) -> None:
    is_seen = any(case.message.startswith(beginning) for beginning in WHERE)
    assert is_seen or is_of_http(case) or is_recorded(case) or is_modelled(case)


def test_every_source_is_of_a_case() -> None:
    assert all(any(case.message.startswith(beginning) for case in CASES) for beginning in WHERE)


@pytest.mark.parametrize(
    "part",
    ["Value '", " ", "(Service: ", "Must be one of: [", "Member must satisfy enum value set: [", "a\t"],
)
def test_a_long_text_of_another_server_is_not_read_for_minutes(part: str) -> None:
    text = f"It is refused. {part * (2_000_000 // len(part))}x"
    error = ClientError({"Error": {"Code": "ValidationException", "Message": text}}, "CreateFunction")
    found = translate(error, failure="The function was not created.", operation="lambda:CreateFunction")
    assert "It is refused." in found.why
    assert len(found.why) < 1_000


def test_a_long_text_does_not_repeat_what_it_refuses() -> None:
    text = f"1 validation error detected: Value '{{KEY=secret {'x' * 20_000}}}' at 'environment' failed to"
    error = ClientError({"Error": {"Code": "ValidationException", "Message": text}}, "CreateFunction")
    assert "secret" not in translate(error, operation="lambda:CreateFunction").why
