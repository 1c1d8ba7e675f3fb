"""What the execution role of a function allows: its calls, its mappings and its destinations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.server.server import Server, package, refused
from tests.waiting import eventually

HERE = "us-east-1:000000000000"
ASKS = """
import boto3, botocore.exceptions
def handler(event, context):
    client = boto3.client(event["service"])
    try:
        client._make_api_call(event["operation"], event["request"])
    except botocore.exceptions.ClientError as error:
        answer = error.response
        return [answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"],
                answer["Error"].get("Message")]
    return "allowed"
"""
IDENTITY = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
FORGETS = "import os; os.environ.pop('AWS_SESSION_TOKEN')\n" + ASKS
SENDS_A_LINK = """
import boto3, botocore.config, os, urllib.error, urllib.request
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
def opened(url, method):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
def handler(event, context):
    session = boto3.Session()
    if "operation" in event:
        client = session.client("s3", config=botocore.config.Config(signature_version=event["version"]))
        parameters = {"Bucket": "linked", "Key": "k"}
        return opened(client.generate_presigned_url(event["operation"], parameters), event["method"])
    request = AWSRequest(event["method"], os.environ["AWS_ENDPOINT_URL"] + event["path"])
    SigV4QueryAuth(session.get_credentials(), "lambda", "us-east-1").add_auth(request)
    return opened(request.prepare().url, event["method"])
"""
QUEUE = f"arn:aws:sqs:{HERE}:asked"
WHO = "arn:aws:sts::000000000000:assumed-role/asking/asks"


def allow(*actions: str, resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": resource}


class Asking:
    """A function that calls what it is told, and its role."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.role_arn = server.role("asking")
        self.url, _ = server.queue("asked")
        server.create("asks", ASKS, Role=self.role_arn, Timeout=60)
        server.create("who", IDENTITY, Role=self.role_arn, Timeout=60)

    def __call__(self, service: str, operation: str, request: dict[str, Any], name: str = "asks") -> Any:
        event = {"service": service, "operation": operation, "request": request}
        return self.server.invoke(name, event).payload

    def may(self, *statements: dict[str, Any]) -> None:
        self.server.permit("asking", *statements)


@pytest.fixture(scope="module")
def asking(server: Server) -> Asking:
    return Asking(server)


@pytest.fixture(autouse=True)
def without_permissions(asking: Asking) -> Iterator[None]:
    yield
    asking.may()
    asking.server.settled("who")  # some have changed it


def denied(action: str, resource: str = "", *, is_explicit: bool = False) -> str:
    where = f" on resource: {resource}" if resource else ""
    why = f"because no identity-based policy allows the {action} action"
    if is_explicit:
        why = "with an explicit deny in an identity-based policy"
    return f"User: {WHO} is not authorized to perform: {action}{where} {why}"


BUCKET = "arn:aws:s3:::asked"
TABLE = f"arn:aws:dynamodb:{HERE}:table/asked"
FUNCTION = f"arn:aws:lambda:{HERE}:function:who"
BUS = f"arn:aws:events:{HERE}:event-bus/default"
CALLS: dict[str, tuple[Any, ...]] = {
    "an object": (
        "s3", "PutObject", {"Bucket": "asked", "Key": "a/b"}, "s3:PutObject", f"{BUCKET}/a/b",
        ["AccessDenied", 403, denied("s3:PutObject", f'"{BUCKET}/a/b"')],
    ),
    "a bucket": (
        "s3", "ListObjectsV2", {"Bucket": "asked"}, "s3:ListBucket", BUCKET,
        ["AccessDenied", 403, denied("s3:ListBucket", f'"{BUCKET}"')],
    ),
    "objects": (
        "s3", "DeleteObjects", {"Bucket": "asked", "Delete": {"Objects": [{"Key": "a"}]}}, "s3:DeleteObject",
        f"{BUCKET}/*", ["AccessDenied", 403, denied("s3:DeleteObject", f'"{BUCKET}/a"')],
    ),
    "a queue": (
        "sqs", "SendMessage", {"QueueUrl": "<queue>", "MessageBody": "x"}, "sqs:SendMessage", QUEUE,
        ["AccessDenied", 403, denied("sqs:sendmessage", QUEUE)],
    ),
    "a topic": (
        "sns", "Publish", {"TopicArn": f"arn:aws:sns:{HERE}:asked", "Message": "x"}, "sns:Publish",
        f"arn:aws:sns:{HERE}:asked",
        ["AuthorizationError", 403, denied("SNS:Publish", f"arn:aws:sns:{HERE}:asked")],
    ),
    "a table": (
        "dynamodb", "PutItem", {"TableName": "asked", "Item": {"id": {"S": "1"}}}, "dynamodb:PutItem",
        TABLE,
        ["AccessDeniedException", 400, denied("dynamodb:PutItem", TABLE)],
    ),
    "tables": (
        "dynamodb", "BatchGetItem", {"RequestItems": {"asked": {"Keys": [{"id": {"S": "1"}}]}}},
        "dynamodb:BatchGetItem", f"arn:aws:dynamodb:{HERE}:table/as*",
        ["AccessDeniedException", 400, denied("dynamodb:BatchGetItem", TABLE)],
    ),
    "a function": (
        "lambda", "Invoke", {"FunctionName": "who"}, "lambda:InvokeFunction", FUNCTION,
        ["AccessDeniedException", 403, denied("lambda:InvokeFunction", FUNCTION)],
    ),
    "events": (
        "events", "PutEvents", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]},
        "events:PutEvents", BUS,
        ["AccessDeniedException", 400, denied("events:PutEvents", BUS)],
    ),
    "a parameter": (
        "ssm", "PutParameter", {"Name": "/a/b", "Value": "x", "Type": "String", "Overwrite": True},
        "ssm:PutParameter", f"arn:aws:ssm:{HERE}:parameter/a/*",
        ["AccessDeniedException", 400, denied("ssm:PutParameter", f"arn:aws:ssm:{HERE}:parameter/a/b")],
    ),
    "a secret": (
        "secretsmanager", "GetSecretValue", {"SecretId": "asked"}, "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:{HERE}:secret:asked-??????",
        ["AccessDeniedException", 400, denied("secretsmanager:GetSecretValue", "asked")],
    ),
    "a metric": (
        "cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
        "cloudwatch:PutMetricData", "*", ["AccessDenied", 403, denied("cloudwatch:PutMetricData")],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def things(server: Server, asking: Asking) -> None:
    server.client("s3").create_bucket(Bucket="asked")
    server.client("sns").create_topic(Name="asked")
    server.client("secretsmanager").create_secret(Name="asked", SecretString="x")
    server.table("asked", has_stream=False)


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.usefixtures("things")
def test_a_function_may_what_its_role_allows(asking: Asking, what: str) -> None:
    service, operation, request, action, resource, answer = CALLS[what]
    request = {name: asking.url if value == "<queue>" else value for name, value in request.items()}
    assert asking(service, operation, request) == answer
    asking.may(allow(action, resource="arn:aws:other:::x"), allow("other:*"))
    if resource != "*":
        assert asking(service, operation, request) == answer
    asking.may(allow(action, resource=resource))
    assert asking(service, operation, request) == "allowed"
    asking.may(allow("*"), allow(action, effect="Deny"))
    code, status, text = asking(service, operation, request)
    assert (code, status, text) == (
        *answer[:2],
        answer[2].partition(" because ")[0] + " with an explicit deny in an identity-based policy",
    )


def test_a_function_is_a_session_of_its_role(server: Server, asking: Asking) -> None:
    assert server.invoke("who").payload == "arn:aws:sts::000000000000:assumed-role/asking/who"
    assert server.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


def test_a_function_that_forgets_its_session_is_nobody(server: Server, asking: Asking) -> None:
    server.create("forgets", FORGETS, Role=asking.role_arn, Timeout=60)
    code, status, _ = asking("sqs", "ListQueues", {}, name="forgets")
    assert (code, status) == ("InvalidSignatureException", 400)


def test_attached_policies_and_boundaries_count(server: Server, asking: Asking) -> None:
    iam = server.client("iam")
    lists: tuple[str, str, dict[str, Any]] = ("sqs", "ListQueues", {})
    full = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    iam.attach_role_policy(RoleName="asking", PolicyArn=full)
    assert asking(*lists) == "allowed"
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    for name, is_allowed in (
        ("service-role/AWSLambdaMSKExecutionRole", False),
        ("AnyThatIsNotKnownHere", True),
    ):
        which = {"RoleName": "asking", "PolicyArn": f"arn:aws:iam::aws:policy/{name}"}
        iam.detach_role_policy(RoleName="asking", PolicyArn=full)
        iam.attach_role_policy(**which)
        assert (asking(*lists) == "allowed") is is_allowed
        iam.detach_role_policy(**which)
        iam.attach_role_policy(RoleName="asking", PolicyArn=full)
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="asking", PermissionsBoundary=boundary)
    assert asking(*lists)[0] == "AccessDenied"
    iam.delete_role_permissions_boundary(RoleName="asking")
    iam.detach_role_policy(RoleName="asking", PolicyArn=full)
    assert asking(*lists)[0] == "AccessDenied"


def test_the_policy_of_a_resource_allows_the_role_and_denies_it(server: Server, asking: Asking) -> None:
    sqs, send = server.client("sqs"), ("sqs", "SendMessage", {"QueueUrl": asking.url, "MessageBody": "x"})
    statement = {**allow("sqs:SendMessage", resource=QUEUE), "Principal": {"AWS": asking.role_arn}}

    def put(*statements: dict[str, Any]) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else ""
        sqs.set_queue_attributes(QueueUrl=asking.url, Attributes={"Policy": policy})

    put(statement)
    assert asking(*send) == "allowed"
    put({**statement, "Principal": {"AWS": "arn:aws:iam::000000000000:root"}})
    assert asking(*send)[0] == "AccessDenied"
    put({**statement, "Effect": "Deny", "Principal": "*"})
    asking.may(allow("*"))
    assert asking(*send)[0] == "AccessDenied"
    put()
    assert asking(*send) == "allowed"


LACKS = "The provided execution role does not have permissions to call {} on {}"


def create(server: Server, source_arn: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = server.client("lambda").create_event_source_mapping(
        FunctionName="who", EventSourceArn=source_arn, **more
    )
    return answer


def message(call: Any) -> tuple[str, str]:
    error = refused(call)["Error"]
    return error["Code"], error["Message"]


def test_a_mapping_from_a_queue_needs_permissions(server: Server, asking: Asking) -> None:
    url, arn = server.queue("mapped")
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "360"})
    needed = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    for number, action in enumerate(needed):
        asking.may(*[allow(each, resource=arn) for each in needed[:number]], allow("logs:*"))
        text = LACKS.format(action.partition(":")[2], "SQS")
        assert message(lambda: create(server, arn)) == ("InvalidParameterValueException", text)
    asking.may(allow(*needed, resource=arn))
    target = {"OnFailure": {"Destination": QUEUE}}
    text = LACKS.format("SendMessage", "SQS")
    assert message(lambda: create(server, arn, DestinationConfig=target))[1] == text
    uuid = create(server, arn)["UUID"]
    eventually(lambda: server.mapping_state(uuid) == "Enabled")
    asking.may()
    update = server.client("lambda").update_event_source_mapping
    assert message(lambda: update(UUID=uuid, BatchSize=5))[1] == LACKS.format("ReceiveMessage", "SQS")
    update(UUID=uuid, Enabled=False)
    eventually(lambda: server.mapping_state(uuid) == "Disabled")
    server.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_a_queue_is_not_read_while_the_role_must_not(server: Server, asking: Asking) -> None:
    url, arn = server.queue("kept")
    sqs = server.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "360"})
    asking.may(allow("sqs:*"))
    uuid = create(server, arn)["UUID"]
    eventually(lambda: server.mapping_state(uuid) == "Enabled")

    def waiting(url: str = url) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    sqs.send_message(QueueUrl=url, MessageBody="read")
    eventually(lambda: waiting() == 0)
    asking.may()
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    server.create("reads", "def handler(event, context): pass\n", Timeout=30)
    other_url, other_arn = server.queue("read-meanwhile")
    server.client("lambda").create_event_source_mapping(FunctionName="reads", EventSourceArn=other_arn)
    sqs.send_message(QueueUrl=other_url, MessageBody="read")
    eventually(lambda: waiting(other_url) == 0)
    assert waiting() == 1
    asking.may(allow("sqs:*"))
    eventually(lambda: waiting() == 0)
    server.client("lambda").delete_event_source_mapping(UUID=uuid)


def stream_text(arn: str, lists: str) -> str:
    return (
        f"Cannot access stream {arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        f"DescribeStream, {lists} Actions on your stream in IAM."
    )


def test_a_stream_says_what_the_role_lacks_now(server: Server, asking: Asking) -> None:
    arn = server.stream("mapped")
    text = stream_text(arn, "ListShards, and ListStreams")
    asking.may(allow("kinesis:GetRecords", "kinesis:GetShardIterator"))
    start = {"StartingPosition": "TRIM_HORIZON"}
    assert message(lambda: create(server, arn, **start)) == ("InvalidParameterValueException", text)
    reads = allow("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", resource=arn)
    asking.may(reads)
    uuid = create(server, arn, **start)["UUID"]
    eventually(lambda: server.mapping_state(uuid) == "Enabled")

    def result() -> str:
        found = server.client("lambda").get_event_source_mapping(UUID=uuid)
        return str(found["LastProcessingResult"])

    asking.may()
    eventually(lambda: result() == f"PROBLEM: {text}")
    server.client("kinesis").put_record(StreamName="mapped", Data=b"x", PartitionKey="1")
    asking.may(reads)
    eventually(lambda: not result().startswith("PROBLEM: Cannot"))
    server.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_a_mapping_from_a_table_needs_permissions(server: Server, asking: Asking) -> None:
    table = server.client("dynamodb").create_table(
        TableName="mapped",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn = table["TableDescription"]["LatestStreamArn"]
    wanted = ("InvalidParameterValueException", stream_text(arn, "and ListStreams"))
    assert message(lambda: create(server, arn, StartingPosition="LATEST")) == wanted


def test_destinations_need_permissions(server: Server, client: Any, asking: Asking) -> None:

    def dead_letters() -> Any:
        return client.update_function_configuration(
            FunctionName="asks", DeadLetterConfig={"TargetArn": QUEUE}
        )

    def destination(arn: str) -> Any:
        config = {"OnFailure": {"Destination": arn}}
        return client.put_function_event_invoke_config(FunctionName="asks", DestinationConfig=config)

    topic = f"arn:aws:sns:{HERE}:asked-later"
    own = "The function's execution role does not have permissions to call {} on {}"
    assert message(dead_letters)[1] == LACKS.format("SendMessage", "SQS")
    for arn, action in ((QUEUE, "SendMessage"), (topic, "Publish"), (FUNCTION, "InvokeFunction")):
        assert message(lambda arn=arn: destination(arn))[1] == own.format(action, arn)
    asking.may(allow("sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction"))
    dead_letters()
    for arn in (QUEUE, topic, FUNCTION):
        destination(arn)
    server.settled("asks")


def test_a_network_needs_permissions(server: Server, asking: Asking) -> None:
    ec2 = server.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    network = {"SubnetIds": [subnet["SubnetId"]], "SecurityGroupIds": [group]}

    def connect() -> Any:
        return server.client("lambda").update_function_configuration(FunctionName="who", VpcConfig=network)

    assert message(connect)[1] == LACKS.format("CreateNetworkInterface", "EC2")
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    server.client("iam").attach_role_policy(RoleName="asking", PolicyArn=policy)
    connect()
    server.client("iam").detach_role_policy(RoleName="asking", PolicyArn=policy)
    server.settled("who")


def test_a_notification_needs_a_grant_for_its_own_bucket(server: Server, asking: Asking) -> None:
    s3, client = server.client("s3"), server.client("lambda")
    s3.create_bucket(Bucket="granted")
    rule = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}

    def notify() -> Any:
        return s3.put_bucket_notification_configuration(
            Bucket="granted", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
        )

    def grant(**more: str) -> None:
        client.add_permission(
            FunctionName="who",
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            **more,
        )

    for more in ({"SourceArn": "arn:aws:s3:::another"}, {"SourceAccount": "111111111111"}):
        grant(**more)
        assert message(notify)[1] == "Unable to validate the following destination configurations"
        client.remove_permission(FunctionName="who", StatementId="s3")
    grant(SourceArn="arn:aws:s3:::granted", SourceAccount="000000000000")
    notify()


def test_what_the_role_must_not_send_is_lost(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        first_url, first = server.queue("first")
        last_url, last = server.queue("last")
        sends = allow("sqs:SendMessage")
        role_arn = server.role("sending", sends)
        server.create("fails", "def handler(event, context): raise ValueError\n", Role=role_arn)

        def destination(arn: str) -> None:
            server.client("lambda").put_function_event_invoke_config(
                FunctionName="fails",
                MaximumRetryAttempts=0,
                DestinationConfig={"OnFailure": {"Destination": arn}},
            )

        def invoke(event: str) -> None:
            payload = json.dumps(event).encode()
            server.client("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=payload)

        destination(first)
        server.permit("sending")
        invoke("first")
        eventually(lambda: f"destination: {first}: PermissionError" in server.stderr())
        server.permit("sending", sends)
        destination(last)
        invoke("last")
        assert json.loads(server.received(last_url)["Body"])["requestPayload"] == "last"
        assert "Messages" not in server.client("sqs").receive_message(QueueUrl=first_url)


# ---- requests that need more than their own action: of a role that they pass, of tags, of a package
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html, and
# https://docs.aws.amazon.com/service-authorization/latest/reference/ (dependent actions).

OTHER = "arn:aws:iam::000000000000:role/other"
SERVICES = ["events.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com"]
TRUSTS = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTS]})
PACKAGE = {"S3Bucket": "packages", "S3Key": "code.zip"}
MADE = {"FunctionName": "made", "Role": OTHER, "Runtime": "python3.13", "Handler": "app.handler"}
NAMES = {"Name": "made", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
TARGET = {"Arn": f"arn:aws:lambda:{HERE}:function:who", "RoleArn": OTHER}

CALLS_WITH_MORE: dict[str, tuple[str, str, dict[str, Any], tuple[str, ...], str, str, int]] = {
    "a role passed to Lambda": (
        "lambda", "UpdateFunctionConfiguration", {"FunctionName": "who", "Role": OTHER},
        ("lambda:UpdateFunctionConfiguration",), "iam:PassRole", OTHER, 403,
    ),
    "a role passed to a schedule": (
        "scheduler", "CreateSchedule", {**NAMES, "Target": TARGET},
        ("scheduler:CreateSchedule",), "iam:PassRole", OTHER, 403,
    ),
    "a role passed to a rule": (
        "events", "PutRule", {"Name": "made", "ScheduleExpression": "rate(1 hour)", "RoleArn": OTHER},
        ("events:PutRule",), "iam:PassRole", OTHER, 400,
    ),
    "the tags of a function": (
        "lambda", "CreateFunction", {**MADE, "Code": PACKAGE, "Tags": {"team": "core"}},
        ("lambda:CreateFunction", "s3:GetObject", "iam:PassRole"), "lambda:TagResource",
        f"arn:aws:lambda:{HERE}:function:made", 403,
    ),
    "the tags of a rule": (
        "events", "PutRule",
        {"Name": "tagged", "ScheduleExpression": "rate(1 hour)", "Tags": [{"Key": "team", "Value": "core"}]},
        ("events:PutRule",), "events:TagResource", f"arn:aws:events:{HERE}:rule/tagged", 400,
    ),
    "the tags of a role": (
        "iam", "CreateRole",
        {"RoleName": "tagged", "AssumeRolePolicyDocument": TRUST, "Tags": [{"Key": "team", "Value": "core"}]},
        ("iam:CreateRole",), "iam:TagRole", "arn:aws:iam::000000000000:role/tagged", 403,
    ),
    "the tags of an object": (
        "s3", "PutObject", {"Bucket": "packages", "Key": "tagged", "Tagging": "team=core"},
        ("s3:PutObject",), "s3:PutObjectTagging", "arn:aws:s3:::packages/tagged", 403,
    ),
    "the tags of a REST API": (
        "apigateway", "CreateRestApi", {"name": "made", "tags": {"team": "core"}},
        ("apigateway:POST",), "apigateway:PUT",
        "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F*", 403,
    ),
    "a package in S3": (
        "lambda", "UpdateFunctionCode", {"FunctionName": "who", **PACKAGE},
        ("lambda:UpdateFunctionCode",), "s3:GetObject", "arn:aws:s3:::packages/code.zip", 403,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def world(server: Server, asking: Asking) -> None:
    server.role("other")
    server.client("iam").update_assume_role_policy(RoleName="other", PolicyDocument=TRUST)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="code.zip", Body=package("def handler(event, context): pass"))


def expected(service: str, action: str, resource: str, status: int) -> list[Any]:
    quoted = f'"{resource}"' if action.startswith("s3:") else resource
    text = denied(action, quoted)
    if service == "lambda" and action == "s3:GetObject":
        text = (
            "Your access has been denied by S3, please make sure your request credentials have permission to "
            f"GetObject for packages/code.zip. S3 Error Code: AccessDenied. S3 Error Message: {text}"
        )
    return ["AccessDenied" if service in ("iam", "s3") else "AccessDeniedException", status, text]


@pytest.mark.parametrize("what", CALLS_WITH_MORE)
def test_a_function_needs_what_its_request_brings_along(asking: Asking, what: str) -> None:
    service, operation, request, own, action, resource, status = CALLS_WITH_MORE[what]
    refusal = expected(service, action, resource, status)
    asking.may(allow(*own))
    assert asking(service, operation, request) == refusal
    asking.may(allow(*own), allow(action, resource=f"{resource}-other"))
    assert asking(service, operation, request) == refusal
    asking.may(allow(*own), allow(action, resource=resource))
    assert asking(service, operation, request) == "allowed"


API_PATCH = [{"op": "replace", "path": "/credentials", "value": OTHER}]
REPLICATION = {
    "Role": OTHER,
    "Rules": [{"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::packages"}}],
}
METHOD = {"restApiId": "a", "resourceId": "b", "httpMethod": "GET"}


@pytest.mark.parametrize(
    ("service", "operation", "request_", "action"),
    [
        ("apigateway", "PutIntegration", {**METHOD, "type": "MOCK", "credentials": OTHER}, "PUT"),
        ("apigateway", "UpdateIntegration", {**METHOD, "patchOperations": API_PATCH}, "PATCH"),
        (
            "apigatewayv2", "CreateIntegration",
            {"ApiId": "a", "IntegrationType": "AWS_PROXY", "CredentialsArn": OTHER}, "POST",
        ),
        (
            "apigatewayv2", "UpdateAuthorizer",
            {"ApiId": "a", "AuthorizerId": "b", "AuthorizerCredentialsArn": OTHER}, "PATCH",
        ),
        ("s3", "PutBucketReplication", {"Bucket": "packages", "ReplicationConfiguration": REPLICATION}, ""),
    ],
)  # fmt: skip
def test_a_function_passes_roles_to_apis_and_buckets_only_if_it_may(
    asking: Asking, service: str, operation: str, request_: dict[str, Any], action: str
) -> None:
    own = f"apigateway:{action}" if action else "s3:PutReplicationConfiguration"
    asking.may(allow(own))
    assert f"iam:PassRole on resource: {OTHER}" in asking(service, operation, request_)[2].replace('"', "")
    asking.may(allow(own), allow("iam:PassRole", resource=OTHER))
    assert "not authorized" not in str(asking(service, operation, request_))


@pytest.mark.parametrize(
    ("service", "is_allowed"), [("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)]
)
def test_a_role_is_passed_to_the_services_that_the_policy_names(
    asking: Asking, service: str, is_allowed: bool
) -> None:
    passes = {**allow("iam:PassRole"), "Condition": {"StringEquals": {"iam:PassedToService": service}}}
    asking.may(allow("lambda:*"), passes)
    answer = asking("lambda", "UpdateFunctionConfiguration", {"FunctionName": "who", "Role": OTHER})
    assert answer == ("allowed" if is_allowed else expected("lambda", "iam:PassRole", OTHER, 403))


def test_a_link_that_a_function_signs_allows_no_more_than_its_role(server: Server, asking: Asking) -> None:
    server.create("links", SENDS_A_LINK, Role=asking.role_arn, Timeout=60)
    server.create("victim", "def handler(event, context): return 1\n")
    s3 = server.client("s3")
    s3.create_bucket(Bucket="linked")
    s3.put_object(Bucket="linked", Key="k", Body=b"kept")
    asking.may(allow("sqs:ListQueues"))
    functions = "/2015-03-31/functions/"
    for wanted in (
        {"method": "GET", "path": functions},
        {"method": "DELETE", "path": f"{functions}victim"},
        {"version": "s3v4", "operation": "delete_object", "method": "DELETE"},
        {"version": "s3", "operation": "delete_object", "method": "DELETE"},
        {"version": "s3", "operation": "get_object", "method": "GET"},
    ):
        assert server.invoke("links", wanted).payload == 403, wanted
    assert s3.get_object(Bucket="linked", Key="k")["Body"].read() == b"kept"
    asking.may(allow("s3:GetObject"))
    for wanted in (
        {"version": "s3v4", "operation": "get_object", "method": "GET"},
        {"version": "s3", "operation": "get_object", "method": "GET"},
    ):
        assert server.invoke("links", wanted).payload == 200, wanted
