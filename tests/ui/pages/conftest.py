"""A function to show, and the connection it came from."""

import pytest

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from workbench.functions.model import FunctionDetail, detail_of
from workbench.ui.services import OpenFunction

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello-http"


@pytest.fixture
def detail() -> FunctionDetail:
    """A function that has everything."""
    return detail_of(
        {
            "Configuration": {
                "FunctionName": "hello-http",
                "FunctionArn": ARN,
                "Runtime": "python3.13",
                "Handler": "lambda_function.lambda_handler",
                "MemorySize": 128,
                "Timeout": 3,
                "CodeSize": 1234,
                "CodeSha256": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq8=",
                "LastModified": "2026-06-30T09:30:00.000+0000",
                "Description": "Answers <b>hello</b>",
                "Role": "arn:aws:iam::123456789012:role/hello-http",
                "Environment": {"Variables": {"TABLE": "orders", "TOKEN": "top-secret"}},
                "Layers": [{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"}],
                "VpcConfig": {
                    "VpcId": "vpc-1",
                    "SubnetIds": ["subnet-1", "subnet-2"],
                    "SecurityGroupIds": ["sg-1"],
                },
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/hello-http"},
                "TracingConfig": {"Mode": "Active"},
                "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
                "State": "Active",
            },
            "Concurrency": {"ReservedConcurrentExecutions": 0},
            "Tags": {"team": "web"},
        }
    )


@pytest.fixture
def function(aws: StubbedAws, detail: FunctionDetail) -> OpenFunction:  # noqa: F811 - pytest's way
    return OpenFunction(aws.connection, detail)
