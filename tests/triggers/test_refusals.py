"""What AWS says when a check had no chance, as the finding that should have come before."""

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from workbench.core.errors import WorkbenchError
from workbench.triggers.mappings import MAPPING
from workbench.triggers.steps import Step

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
    aws.refuse("lambda", "create_event_source_mapping", code, text)
    with pytest.raises(WorkbenchError) as caught:
        aws.connection.call("lambda", "create_event_source_mapping", FunctionName="f")
    error = caught.value
    assert f"({check_id})" in error.why
    assert text.split(".")[0] in error.why
    assert error.aws_code == code
    assert error.remedy


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
    aws.answer("lambda", "list_event_source_mappings", {})
    doing.undo()
    assert [call.operation for call in aws.calls if call.is_write] == ["CreateEventSourceMapping"]
