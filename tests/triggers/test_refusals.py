"""What AWS says when a check had no chance, as the finding that should have come before."""

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.triggers.refusals import finding_of
from workbench.triggers.step import Step
from workbench.triggers.steps.mapping import MAPPING

INVALID = "InvalidParameterValueException"
FUNCTION = "arn:aws:lambda:us-west-1:123456789012:function:f"
STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"
UUID = "3c0c8fcb-1111-2222-3333-0123456789ab"


@pytest.mark.parametrize(
    ("code", "text", "check_id"),
    [
        (INVALID, "Event source region must match Lambda region us-west-1.", "GEN-REGION"),
        (
            "ResourceNotFoundException",
            "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
            "GEN-REGION",
        ),
        (
            INVALID,
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
            "SQS-VIS-LT",
        ),
        (
            "ResourceConflictException",
            f'An event source mapping with SQS arn (" x ") and function (" f ") already exists. {UUID}',
            "ESM-DUP",
        ),
        (
            INVALID,
            "The function execution role does not have permissions to call ReceiveMessage on SQS",
            "ROLE-DENY",
        ),
        (
            INVALID,
            "Cannot access stream x. Please ensure the role can perform the GetRecords Actions on it.",
            "ROLE-DENY",
        ),
        (
            INVALID,
            "The role defined for the function cannot be assumed by Lambda.",
            "ROLE-TRUST",
        ),
        (INVALID, "Invalid filter pattern definition. (Service: AWSLambda)", "ESM-FILTER"),
    ],
)
def test_a_refusal_is_known_by_its_code_and_a_part_of_its_text(
    aws: StubbedAws, code: str, text: str, check_id: str
) -> None:
    aws.refuse("lambda", "get_function", code, text)
    with pytest.raises(WorkbenchError) as caught:
        aws.connection.call("lambda", "get_function", FunctionName="f")
    finding = finding_of(caught.value)
    assert finding is not None
    assert finding.check_id == check_id
    assert text.split(".")[0] in finding.aws
    assert code in finding.aws
    assert finding_of(WorkbenchError("", text, aws_code="AccessDeniedException")) is None


def test_the_existing_trigger_can_be_opened() -> None:
    words = f"An event source mapping with x already exists. Update or delete the mapping with UUID {UUID}"
    finding = finding_of(WorkbenchError("", words, aws_code="ResourceConflictException"))
    assert finding is not None
    assert finding.fixes[0].text == UUID


def test_an_unknown_refusal_stays_what_it_is() -> None:
    assert finding_of(WorkbenchError("", "Something new.", aws_code=INVALID)) is None


def test_scenario_3_aws_refuses_the_region_and_nothing_is_left(aws: StubbedAws) -> None:
    request = {"EventSourceArn": STREAM, "FunctionName": FUNCTION, "StartingPosition": "LATEST"}
    doing = Doing(aws.connection, Step(MAPPING, "", "", "", {"request": request, "made_by": ""}))
    words = "Event source region must match Lambda region us-west-1."
    aws.answer("lambda", "list_event_source_mappings", {})
    aws.refuse("lambda", "create_event_source_mapping", INVALID, words)
    with pytest.raises(WorkbenchError) as caught:
        doing.do()
    assert words in caught.value.why
    assert "GEN-REGION" in caught.value.why
    assert "region" in caught.value.remedy
    finding = finding_of(caught.value)
    assert finding is not None
    assert (finding.check_id, words in finding.aws) == ("GEN-REGION", True)
    aws.answer("lambda", "list_event_source_mappings", {})
    doing.undo()
    assert [call.operation for call in aws.calls if call.is_write] == ["CreateEventSourceMapping"]
