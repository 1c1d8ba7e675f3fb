"""Lambda's recorded refusals, asked of the running Sandbox."""

import io
import re
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.door.lambda_rows import (
    ALIASES,
    CONCURRENCY,
    FUNCTIONS,
    INVOKING,
    MAPPINGS,
    NAMES,
    POLICIES,
    URLS_AND_TAGS,
    Row,
)
from tests.sandbox.door.lambda_stage import (
    ACCOUNT,
    BUCKET,
    FUNCTION_ARN,
    QUEUE_ARN,
    Client,
    build,
    client_of,
    settings,
)
from tests.sandbox.door.world import World

_ROWS = (*NAMES, *FUNCTIONS, *ALIASES, *CONCURRENCY, *POLICIES, *URLS_AND_TAGS, *INVOKING, *MAPPINGS)


@pytest.fixture(scope="module")
def client(world: World) -> Client:
    return client_of(world.server)


@pytest.fixture(scope="module")
def known(client: Client) -> dict[str, str]:
    return build(client)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row.operation}-{row.key.rpartition('::')[2][-60:]}")
def test_is_refused_as_aws_does(client: Client, known: dict[str, str], row: Row) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client("lambda"), row.operation)(**_filled(row.parameters, known))
    answer: dict[str, Any] = dict(caught.value.response)
    assert answer["Error"]["Code"] == row.code, answer["Error"]
    pattern = re.escape(_filled(row.message, known)).replace(r"\*", ".+")
    assert re.fullmatch(pattern, answer["Error"]["Message"], re.DOTALL), answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == row.status
    assert answer.get("Type", "") == row.type


def _filled(value: Any, known: dict[str, str]) -> Any:
    """Puts in what only the Sandbox knows."""
    if isinstance(value, dict):
        return {key: _filled(each, known) for key, each in value.items()}
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(name, text)
    return value


def _refusal(client: Client, **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        client("lambda").create_function(**settings("large", **parameters))
    answer: dict[str, Any] = dict(caught.value.response)
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"], answer["Error"]["Message"], status


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("size", "variables", "text"),
    [
        # test_oversized_zipped_create_lambda, test_oversized_request_create_lambda
        (52_428_918, {}, "Zipped size must be smaller than 52428800 bytes"),
        (
            52_427_894,
            {"largeKey": "x" * 300_000},
            "Request must be smaller than 70167211 bytes for the CreateFunction operation",
        ),
    ],
)
def test_a_package_too_large_for_a_request_is_refused(
    client: Client, size: int, variables: dict[str, str], text: str
) -> None:
    code, environment = {"ZipFile": bytes(size)}, {"Variables": variables}
    refusal = _refusal(client, Code=code, Environment=environment)
    assert refusal == ("RequestEntityTooLargeException", text, 413)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("through_s3", [False, True])
def test_a_package_too_large_when_unpacked_is_refused(client: Client, through_s3: bool) -> None:
    """test_oversized_unzipped_lambda."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("app.py", bytes(262_144_001))
    code: dict[str, Any] = {"ZipFile": content.getvalue()}
    if through_s3:
        client("s3").put_object(Bucket=BUCKET, Key="large.zip", Body=content.getvalue())
        code = {"S3Bucket": BUCKET, "S3Key": "large.zip"}
    expected = ("InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes", 400)
    assert _refusal(client, Code=code) == expected


@pytest.mark.usefixtures("known")
def test_what_aws_accepts_passes(client: Client) -> None:
    """The other side of each boundary: names, qualifiers, sizes, sources, policies."""
    functions = client("lambda")
    functions.create_function(**settings("a" * 64, Environment={"Variables": {"LARGE": "x" * 4082}}))
    for runtime in ("python3.8", "nodejs16.x", "dotnet6", "java8.al2", "provided.al2023", "ruby4.0"):
        functions.create_function(**settings(f"on-{runtime.replace('.', '-')}", Runtime=runtime))
    for name in ("there", f"{FUNCTION_ARN}there", f"{FUNCTION_ARN}there:live", "there:$LATEST", "there:1"):
        functions.get_function(FunctionName=name)
    functions.get_function(FunctionName="there:live", Qualifier="live")
    functions.invoke(FunctionName="durable", Qualifier="$LATEST", InvocationType="DryRun")
    functions.invoke(FunctionName="stopped", InvocationType="Event", Payload=b"null")
    functions.create_alias(
        FunctionName="there",
        Name="weighted",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    functions.update_alias(FunctionName="there", Name="weighted", RoutingConfig={})
    for number, principal in enumerate(
        (
            "123456789012",
            f"arn:aws:iam::{ACCOUNT}:root",
            "events.amazonaws.com",
            "*",
            "apigateway.amazonaws.com",
        )
    ):
        functions.add_permission(
            FunctionName="there",
            StatementId=f"accepted-{number}",
            Action="lambda:InvokeFunction",
            Principal=principal,
        )
    functions.put_function_concurrency(FunctionName="there", ReservedConcurrentExecutions=800)
    functions.delete_function_concurrency(FunctionName="there")
    functions.create_event_source_mapping(
        FunctionName="there:live",
        EventSourceArn=QUEUE_ARN,
        BatchSize=100,
        MaximumBatchingWindowInSeconds=1,
        FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["a", {"prefix": "b"}]}}'}]},
    )
    functions.put_function_event_invoke_config(
        FunctionName="there", DestinationConfig={"OnFailure": {"Destination": QUEUE_ARN}}
    )
    functions.delete_function_event_invoke_config(FunctionName="there")
