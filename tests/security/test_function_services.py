"""A function reaches only the services that its role is checked for, and no bucket is ever a path.

The functions have an empty role, or one that allows a single service. Each attack is sent by a real function
of a real server.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.server.server import Server, refused
from tests.waiting import eventually
from workbench_sandbox.server import CONTROL

ACCOUNT = "000000000000"
SENTENCE = "The Sandbox does not offer {} to functions: it does not check their permissions for it."
_ATTACK = """
import boto3, botocore.exceptions, json, time
def handler(event, context):
    keys = {}
    if event["session"]:
        try:
            given = getattr(boto3.client("sts"), event["session"])(**event["sts"])["Credentials"]
        except botocore.exceptions.ClientError as error:
            return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
        keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"]}
    stacks, s3 = boto3.client("cloudformation", **keys), boto3.client("s3")
    try:
        stacks.create_stack(StackName="attack", TemplateBody=json.dumps(event["template"]),
                            Capabilities=["CAPABILITY_NAMED_IAM"])
        for _ in range(100):
            status = stacks.describe_stacks(StackName="attack")["Stacks"][0]["StackStatus"]
            if not status.endswith("IN_PROGRESS"):
                break
            time.sleep(0.1)
        s3.put_bucket_replication(Bucket="the-source", ReplicationConfiguration=event["replication"])
        s3.put_object(Bucket="the-source", Key="authorized_keys", Body=b"an attacker's key")
    except botocore.exceptions.ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
    return [status]
"""
_SENDS = """
import boto3, os, urllib.error, urllib.request
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
def handler(event, context):
    address = os.environ["AWS_ENDPOINT_URL"]
    headers = {"Host": event.get("host") or address.partition("://")[2], **event["headers"]}
    request = AWSRequest(event["method"], address + event["path"], headers, data=event["body"].encode())
    SigV4Auth(boto3.Session().get_credentials(), event["service"], "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    sent = urllib.request.Request(request.url, request.data, headers, method=event["method"])
    try:
        answer = urllib.request.urlopen(sent)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return [answer.status, answer.headers["Content-Type"], answer.read().decode("utf-8", "replace")]
"""


def _allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _template(bucket: str, **more: Any) -> dict[str, Any]:
    """A stack of two buckets with versions, which one needs to replicate."""
    buckets = {
        name: {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": each, "VersioningConfiguration": {"Status": "Enabled"}},
        }
        for name, each in (("Source", "the-source"), ("Destination", bucket))
    }
    return {"Resources": {**buckets, **more}}


def _replication(bucket: str) -> dict[str, Any]:
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": f"arn:aws:s3:::{bucket}"}}
    return {"Role": f"arn:aws:iam::{ACCOUNT}:role/empty", "Rules": [rule]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        role_arn = running.role("empty")
        running.create("attacks", _ATTACK, Role=role_arn, Timeout=60)
        running.create("sends", _SENDS, Role=role_arn, Timeout=60)
        yield running


def _forbid_all(server: Server) -> None:
    """Takes away what a test or an attack gave to the role."""
    iam = server.client("iam")
    for name in iam.list_role_policies(RoleName="empty")["PolicyNames"]:
        iam.delete_role_policy(RoleName="empty", PolicyName=name)


@pytest.fixture(autouse=True)
def without_permissions(server: Server) -> None:
    _forbid_all(server)


def send(server: Server, service: str, method: str, path: str, body: str = "", **headers: str) -> Any:
    """Sends a request of a function, signed for a service; returns status, content type and body."""
    host = headers.pop("host", "")
    event = {"service": service, "method": method, "path": path, "body": body}
    return server.invoke("sends", event | {"headers": headers, "host": host}).payload


@pytest.mark.parametrize(
    ("session", "parameters"),
    [
        ("", {}),
        ("get_session_token", {}),
        ("get_federation_token", {"Name": "chosen"}),
        ("assume_role", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/empty", "RoleSessionName": "chosen"}),
    ],
)
def test_a_function_with_an_empty_role_writes_no_file_through_a_stack(
    server: Server, tmp_path: Path, session: str, parameters: dict[str, str]
) -> None:
    """CreateStack gives the role everything, and a bucket is named as the folder of somebody's keys."""
    target = tmp_path / "ssh"
    policy = {"Version": "2012-10-17", "Statement": [_allow("*")]}
    grants = {"PolicyName": "everything", "PolicyDocument": policy, "Roles": ["empty"]}
    template = _template(str(target), Grants={"Type": "AWS::IAM::Policy", "Properties": grants})
    event = {
        "template": template,
        "replication": _replication(str(target)),
        "session": session,
        "sts": parameters,
    }
    answer = server.invoke("attacks", event).payload
    assert not target.exists()
    assert not [*tmp_path.iterdir()]
    assert answer[0] in ("AccessDenied", "AccessDeniedException"), answer
    with pytest.raises(ClientError, match="does not exist"):
        server.client("cloudformation").describe_stacks(StackName="attack")


def test_the_keys_of_a_session_that_a_function_opens_are_checked_too(server: Server) -> None:
    """A role that may assume another one gets what that one allows, and no more."""
    other = server.role("other", _allow("sqs:ListQueues", "s3:ListAllMyBuckets"))
    server.permit("empty", _allow("sts:AssumeRole", resource=other))
    server.create("assumes", _ASSUMES, Role=f"arn:aws:iam::{ACCOUNT}:role/empty", Timeout=60)
    assumed = {"RoleArn": other, "RoleSessionName": "chosen"}
    found = server.invoke("assumes", assumed).payload
    assert "sts:AssumeRole on resource: " + other in found["errorMessage"], found  # it trusts Lambda only
    trusted = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    server.client("iam").update_assume_role_policy(RoleName="other", PolicyDocument=document)
    found = server.invoke("assumes", assumed).payload
    assert (found["sqs"], found["s3"]) == ("allowed", "allowed"), found
    only = json.dumps({"Version": "2012-10-17", "Statement": [_allow("sqs:*")]})
    assert server.invoke("assumes", {**assumed, "Policy": only}).payload == {
        "who": f"arn:aws:sts::{ACCOUNT}:assumed-role/other/chosen",
        "sqs": "allowed",
        "s3": "AccessDenied",
        "cloudformation": "AccessDenied",
    }


_ASSUMES = """
import boto3, botocore.exceptions
def handler(event, context):
    sts = boto3.client("sts")
    given = sts.assume_role(**event)["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]}
    found = {"who": boto3.client("sts", **keys).get_caller_identity()["Arn"]}
    for service, call in (("sqs", "list_queues"), ("s3", "list_buckets"), ("cloudformation", "list_stacks")):
        try:
            getattr(boto3.client(service, **keys), call)()
            found[service] = "allowed"
        except botocore.exceptions.ClientError as error:
            found[service] = error.response["Error"]["Code"]
    return found
"""


def test_the_keys_that_a_function_makes_for_a_user_open_no_more_than_it_may(tmp_path: Path) -> None:
    """Not after a restart either, which such keys outlive."""
    expected = {"list_users": "allowed", "list_roles": "AccessDenied"}
    with Server(tmp_path) as server:
        role = server.role("issuer", _allow("iam:CreateUser", "iam:CreateAccessKey", "iam:ListUsers"))
        server.create("issues", _ISSUES, Role=role, Timeout=60)
        keys, found = server.invoke("issues", None).payload
        assert found == expected
    with Server(tmp_path) as server:
        assert server.invoke("issues", keys).payload == [keys, expected]


_ISSUES = """
import boto3, botocore.exceptions
def handler(event, context):
    iam, found = boto3.client("iam"), {}
    if not event:
        iam.create_user(UserName="issued")
        given = iam.create_access_key(UserName="issued")["AccessKey"]
        event = [given["AccessKeyId"], given["SecretAccessKey"]]
    theirs = boto3.Session(*event).client("iam")
    for call in ("list_users", "list_roles"):
        try:
            getattr(theirs, call)()
            found[call] = "allowed"
        except botocore.exceptions.ClientError as error:
            found[call] = error.response["Error"]["Code"]
    return event, found
"""


def test_a_service_without_a_rule_is_refused_in_its_own_protocol(server: Server) -> None:
    server.permit("empty", _allow("*"))
    status, kind, body = send(
        server, "cloudformation", "POST", "/", "Action=ListStacks&Version=2010-05-15", **_FORM
    )
    assert (status, kind) == (403, "text/xml")
    assert f"<Code>AccessDenied</Code><Message>{SENTENCE.format('cloudformation')}" in body
    target = {
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        "Content-Type": "application/x-amz-json-1.1",
    }
    status, kind, body = send(server, "ecr", "POST", "/", "{}", **target)
    assert status == 400
    assert json.loads(body) == {"__type": "AccessDeniedException", "message": SENTENCE.format("ecr")}
    status, kind, body = send(server, "rds-data", "POST", "/Execute", "{}")
    assert (status, kind) == (403, "application/json")
    assert json.loads(body)["message"] == SENTENCE.format("rds-data")


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_STACKS = "Action=ListStacks&Version=2010-05-15"
_TABLE = json.dumps(
    {
        "TableName": "attack",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
)
_MAKE_TABLE = {"X-Amz-Target": "DynamoDB_20120810.CreateTable", "Content-Type": "application/x-amz-json-1.0"}
_DISGUISES: dict[str, tuple[str, str, str, str, dict[str, str]]] = {
    "an invented service": ("zzz", "PUT", "/attack-bucket", "", {}),
    "another service's target": ("sts", "POST", "/", _TABLE, _MAKE_TABLE),
    "a target beside a query": (
        "sts",
        "POST",
        "/?Action=GetCallerIdentity&Version=2011-06-15",
        _TABLE,
        _MAKE_TABLE,
    ),
    "a target at S3": ("s3", "GET", "/", _TABLE, _MAKE_TABLE),
    "an action at S3": ("s3", "POST", "/", _STACKS, _FORM),
    "a path of the server": ("cloudformation", "POST", f"/_x?{_STACKS}", "", {}),
    "a queue's messages": ("sqs", "GET", "/_aws/sqs/messages?QueueUrl=x", "", {}),
    "a code download": ("lambda", "GET", f"/_ministack/lambda-code/{ACCOUNT}/us-east-1/sends", "", {}),
    "a control request": ("lambda", "POST", f"{CONTROL}pace", '{"pace": "aws"}', {}),
    "an Iceberg catalog": ("s3", "GET", "/iceberg/v1/config?warehouse=x", "", {}),
    "S3 Control": ("s3", "GET", "/v20180820/accesspoint", "", {"x-amz-account-id": ACCOUNT}),
    "a database": ("s3", "POST", "/Execute", "{}", {}),
    "mail": ("s3", "POST", "/v2/email/outbound-emails", "{}", {}),
    "an answer of Object Lambda": (
        "s3",
        "POST",
        "/WriteGetObjectResponse",
        "x",
        {"x-amz-request-route": "x"},
    ),
}


@pytest.mark.parametrize("name", _DISGUISES)
def test_a_request_is_served_by_the_service_that_was_checked(server: Server, name: str) -> None:
    """Whatever else its path, headers or payload would match."""
    service, method, path, body, headers = _DISGUISES[name]
    server.permit("empty", _allow("s3:*", "sts:*", "lambda:*", "sqs:*"))
    status, _, answer = send(server, service, method, path, body, **headers)
    assert 400 <= status < 500, answer
    assert "attack" not in server.client("dynamodb").list_tables()["TableNames"]
    assert "attack-bucket" not in [each["Name"] for each in server.client("s3").list_buckets()["Buckets"]]


def test_a_request_that_cannot_be_judged_is_refused(server: Server) -> None:
    items = json.dumps(
        {"TransactItems": [{"Put": None}, {"Put": {"TableName": "x", "Item": {"id": {"S": "1"}}}}]}
    )
    target = {
        "X-Amz-Target": "DynamoDB_20120810.TransactWriteItems",
        "Content-Type": "application/x-amz-json-1.0",
    }
    status, _, body = send(server, "dynamodb", "POST", "/", items, **target)
    assert (status, json.loads(body)["__type"].rpartition("#")[2]) == (400, "AccessDeniedException"), (
        server.stderr()
    )
    statement = json.dumps({"Statement": 'SELECT * FROM "x"'})
    target = {
        "X-Amz-Target": "DynamoDB_20120810.ExecuteStatement",
        "Content-Type": "application/x-amz-json-1.0",
    }
    _, _, body = send(server, "dynamodb", "POST", "/", statement, **target)
    assert "dynamodb:PartiQLSelect" in json.loads(body)["message"]
    server.permit("empty", _allow("apigateway:GET"))
    status, _, body = send(server, "apigateway", "POST", "/restapis?mode=import", "{}")
    assert (status, "apigateway:POST" in body) == (403, True)


def test_addresses_with_iam_need_the_permission_to_invoke_them(server: Server) -> None:
    """A function's URL and an API's stage, as on AWS."""
    server.create("served", "def handler(event, context): return {'statusCode': 200, 'body': 'served'}\n")
    server.grant("served", "apigateway.amazonaws.com")
    functions, gateway = server.client("lambda"), server.client("apigatewayv2")
    made = functions.create_function_url_config(FunctionName="served", AuthType="AWS_IAM")
    arn = made["FunctionArn"]
    url_id = made["FunctionUrl"].partition("://")[2].partition(".")[0]
    host = f"{url_id}.lambda-url.us-east-1.localhost:{server.port}"
    api = gateway.create_api(Name="closed", ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api, RouteKey="GET /x", Target=f"integrations/{integration}", AuthorizationType="AWS_IAM"
    )
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    path = f"/_aws/execute-api/{api}/$default/x"
    assert send(server, "lambda", "GET", "/", host=host)[0] == 403
    assert send(server, "execute-api", "GET", path)[0] == 403
    server.permit("empty", _allow("lambda:InvokeFunctionUrl", resource=arn))
    assert send(server, "lambda", "GET", "/", host=host)[::2] == [200, "served"]
    assert send(server, "execute-api", "GET", path)[0] == 403
    resource = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/$default/GET/x"
    server.permit("empty", _allow("execute-api:Invoke", resource=resource))
    assert send(server, "execute-api", "GET", path)[::2] == [200, "served"]
    assert send(server, "lambda", "GET", "/", host=host)[0] == 403


_SIGNS_A_FORM = """
import boto3
def handler(event, context):
    return boto3.client("s3").generate_presigned_post("form-uploads", "a/b")
"""


def test_a_form_that_a_function_signs_uploads_what_its_role_allows(server: Server) -> None:
    server.client("s3").create_bucket(Bucket="form-uploads")
    server.create("signs", _SIGNS_A_FORM, Role=f"arn:aws:iam::{ACCOUNT}:role/empty", Timeout=60)
    form = server.invoke("signs").payload
    assert _post(server, form["fields"]) == 403
    server.permit("empty", _allow("s3:PutObject", resource="arn:aws:s3:::form-uploads/other"))
    assert _post(server, form["fields"]) == 403
    server.permit("empty", _allow("s3:PutObject", resource="arn:aws:s3:::form-uploads/a/*"))
    assert _post(server, form["fields"]) == 204


def _post(server: Server, fields: dict[str, str]) -> int:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields
    ]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ndata\r\n--x--\r\n'
    request = urllib.request.Request(
        f"{server.url}/form-uploads",
        ("".join(parts) + file).encode(),
        {"Content-Type": "multipart/form-data; boundary=x"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_services_without_resources_are_checked_by_action(server: Server) -> None:
    """What functions could use before this check they still can, with the permission."""
    calls = {
        "ec2:DescribeVpcs": ("ec2", "Action=DescribeVpcs&Version=2016-11-15", _FORM),
        "tag:GetResources": (
            "tagging",
            "{}",
            {
                "X-Amz-Target": "ResourceGroupsTaggingAPI_20170126.GetResources",
                "Content-Type": "application/x-amz-json-1.1",
            },
        ),
    }
    for action, (service, body, headers) in calls.items():
        _forbid_all(server)
        assert send(server, service, "POST", "/", body, **headers)[0] in (400, 403), action
        server.permit("empty", _allow(action))
        assert send(server, service, "POST", "/", body, **headers)[0] == 200, action


# ---- names of buckets ------------------------------------------------------------------------------------


def _finished(server: Server, name: str) -> dict[str, Any]:
    def look() -> Any:
        (stack,) = server.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    found: dict[str, Any] = eventually(look)
    return found


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::S3Tables::TableBucket"])
@pytest.mark.parametrize("bucket", ["{}", "../../{}", "..", "a/../../b", "Upper", "ab", "a..b", "abc\n"])
def test_a_stack_makes_no_bucket_with_a_name_that_s3_refuses(
    server: Server, tmp_path: Path, bucket: str, kind: str
) -> None:
    """Workbench itself may use CloudFormation."""
    name = bucket.format(tmp_path / "outside")
    stacks = server.client("cloudformation")
    member = "BucketName" if kind == "AWS::S3::Bucket" else "TableBucketName"
    bucket_of = {"Type": kind, "Properties": {member: name}}
    stacks.create_stack(StackName="bad", TemplateBody=json.dumps({"Resources": {"Bucket": bucket_of}}))
    assert _finished(server, "bad")["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [
        each.get("ResourceStatusReason", "")
        for each in stacks.describe_stack_events(StackName="bad")["StackEvents"]
    ]
    assert any("The specified bucket is not valid." in each for each in reasons), reasons
    assert name not in [each["Name"] for each in server.client("s3").list_buckets()["Buckets"]]
    assert not [*tmp_path.iterdir()]
    stacks.delete_stack(StackName="bad")


def test_a_stack_of_ordinary_buckets_replicates(server: Server) -> None:
    stacks, s3 = server.client("cloudformation"), server.client("s3")
    template = _template("the.destination-1", Unnamed={"Type": "AWS::S3::Bucket"})
    stacks.create_stack(StackName="Good-Stack", TemplateBody=json.dumps(template))
    assert _finished(server, "Good-Stack")["StackStatus"] == "CREATE_COMPLETE"
    replication = _replication("the.destination-1")
    s3.put_bucket_replication(Bucket="the-source", ReplicationConfiguration=replication)
    s3.put_object(Bucket="the-source", Key="a/../b", Body=b"x")

    def copied() -> Any:
        try:
            return s3.get_object(Bucket="the.destination-1", Key="a/../b")["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None

    assert eventually(copied) == b"x"


def test_a_replication_rule_names_a_bucket(server: Server, tmp_path: Path) -> None:
    s3 = server.client("s3")
    for bucket in ("replicated", "replica"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def replicate(bucket: str) -> None:
        s3.put_bucket_replication(Bucket="replicated", ReplicationConfiguration=_replication(bucket))

    for name in (f"/{tmp_path}/x", "../../x", "Upper"):
        answer = refused(lambda name=name: replicate(name))  # type: ignore[misc]
        assert answer["Error"]["Code"] in ("InvalidArgument", "InvalidRequest")
    replicate("replica")
    s3.put_object(Bucket="replicated", Key="k", Body=b"x")
    eventually(lambda: s3.list_objects_v2(Bucket="replica").get("Contents"))


def test_a_bucket_that_an_older_state_names_as_a_path_is_left_out(tmp_path: Path) -> None:
    """The state may be from a Sandbox that did not check. Other buckets stay; nothing is written outside."""
    folder, outside = tmp_path / "run", tmp_path / "outside"
    with Server(folder) as server:
        server.client("s3").create_bucket(Bucket="ordinary")
        server.client("s3").put_object(Bucket="ordinary", Key="k", Body=b"x")
    path = folder / "state" / "s3.json"
    path.write_text(_with_both(path.read_text(), str(outside)))
    assert str(outside) in path.read_text()
    with Server(folder) as server:
        s3 = server.client("s3")
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["ordinary"]
        assert s3.get_object(Bucket="ordinary", Key="k")["Body"].read() == b"x"
        request = urllib.request.Request(
            f"{server.url}/%2F{str(outside).lstrip('/').replace('/', '%2F')}/key", b"x", method="PUT"
        )
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request)
    assert not outside.exists()


def _with_both(text: str, name: str) -> str:
    """The state with a second bucket, which is a copy of the first under another name."""

    def added(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: added(each) for key, each in value.items()}
            for key in [key for key in found if "ordinary" in key]:
                found[key.replace("ordinary", name)] = json.loads(
                    json.dumps(found[key]).replace("ordinary", name)
                )
            return found
        if isinstance(value, list):
            items = [added(each) for each in value]
            return items + [
                json.loads(json.dumps(each).replace("ordinary", name))
                for each in items
                if "ordinary" in json.dumps(each)
            ]
        return value

    return json.dumps(added(json.loads(text)))


def test_another_functions_mapping_is_not_changed_by_naming_the_own_function(server: Server) -> None:
    server.create("victim", "def handler(event, context): pass")
    uuid = server.client("lambda").create_event_source_mapping(
        FunctionName="victim", EventSourceArn=server.queue("of-the-victim")[1]
    )["UUID"]
    mappings = server.client("lambda")
    eventually(lambda: mappings.get_event_source_mapping(UUID=uuid)["State"] == "Enabled")
    own = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:sends"
    server.permit("empty", _allow("lambda:UpdateEventSourceMapping", resource=own))
    path, body = f"/2015-03-31/event-source-mappings/{uuid}", json.dumps({"FunctionName": "sends"})
    status, _, text = send(server, "lambda", "PUT", path, body)
    assert (status, "AccessDenied" in text or "not authorized" in text) == (403, True), text
    mapping = f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:{uuid}"
    server.permit("empty", _allow("lambda:UpdateEventSourceMapping", resource=mapping))
    status, _, text = send(server, "lambda", "PUT", path, json.dumps({"FunctionName": "victim"}))
    assert status in (200, 202), text


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM \"secrets\" WHERE id = 'x'",
        "select id from secrets",
        'SELECT * FROM "secrets"."by-name"',
        "INSERT INTO secrets VALUE {'id': 'x'}",
        "UPDATE secrets SET a = 1 WHERE id = 'x'",
        "DELETE FROM \"secrets\" WHERE id = 'x'",
    ],
)
def test_a_statement_needs_the_right_to_its_own_table(server: Server, statement: str) -> None:
    tables = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table"
    headers = {
        "x-amz-target": "DynamoDB_20120810.ExecuteStatement",
        "content-type": "application/x-amz-json-1.0",
    }
    body = json.dumps({"Statement": statement})
    server.permit("empty", _allow("dynamodb:*", resource=f"{tables}/public*"))
    assert "AccessDenied" in send(server, "dynamodb", "POST", "/", body, **headers)[2]
    server.permit("empty", _allow("dynamodb:*", resource=f"{tables}/secrets*"))
    assert "AccessDenied" not in send(server, "dynamodb", "POST", "/", body, **headers)[2]
