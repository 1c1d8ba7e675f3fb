"""Every row of the table of AWS's answers, through botocore's Stubber."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.aws.conftest import says, through, unopened
from tests.aws.error_cases import CASES as GENERAL
from tests.aws.error_cases import REQUESTS, Case
from tests.aws.source_error_cases import CASES as SOURCES
from workbench.aws.error_table import CODES, HTTP_STATUS
from workbench.aws.errors import translate
from workbench.aws.writes import MAKES_ANOTHER
from workbench.core.errors import WorkbenchError

CASES = [*GENERAL, *SOURCES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_answer_of_aws(case: Case) -> None:
    service, method, params = REQUESTS[case.request]
    connection = unopened(through("http://127.0.0.1:1"))
    meta = case.meta
    if "date" in meta.get("HTTPHeaders", {}):
        meta = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC) + timedelta(minutes=12))}}
    with Stubber(connection.client(service, retries=method not in MAKES_ANOTHER)) as stubber:
        stubber.add_client_error(
            method,
            case.code,
            case.message,
            case.status,
            None,
            None,
            meta | {"RequestId": "r-7"},
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


def test_every_row_of_aws_answers_has_a_case() -> None:
    rules = {rule for rules in (*CODES.values(), *HTTP_STATUS.values()) for rule in rules}
    assert not {rule.why for rule in rules if not any(says(rule, case.why) for case in CASES)}


def test_every_error_of_lambdas_operations_that_are_used_is_in_the_table() -> None:
    model = unopened(through("http://127.0.0.1:1")).client("lambda").meta.service_model
    known = set(CODES)
    for operation in ("ListFunctions", "GetFunction", "UpdateFunctionCode", "Invoke", "PublishVersion"):
        codes = {shape.name for shape in model.operation_model(operation).error_shapes}
        unlisted = {
            code for code in codes - known if not code.startswith(("DurableExecution", "CodeArtifactUser"))
        }
        assert unlisted <= {
            "CallbackTimeoutException",
            "FunctionVersionsPerCapacityProviderLimitExceededException",
            "NoPublishedVersionException",
            "ModeNotSupportedException",
        }, operation
