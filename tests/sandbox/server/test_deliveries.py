"""A service delivers only what the target's policy, or the role that it was given, allows.

Each source delivers to one target that allows it and to one that does not: what has reached the first would
have reached the second.
"""

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.server.server import ALL, Server
from tests.waiting import eventually

PLACE = "us-east-1:000000000000"
SAYS = """
import json
def handler(event, context):
    print("GOT", json.dumps(event))
    return {"statusCode": 200, "body": "reached"}
"""
BUS, TOPICS, BUCKETS = (f"{each}.amazonaws.com" for each in ("events", "sns", "s3"))
SCHEDULER, APIS, ALARMS = (f"{each}.amazonaws.com" for each in ("scheduler", "apigateway", "cloudwatch"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        for name in ("open", "closed"):
            running.create(name, SAYS)
        for service in (BUS, TOPICS, BUCKETS):
            running.grant("open", service)
        yield running


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{PLACE}:function:{name}"


def queues(server: Server, prefix: str, service: str) -> tuple[str, str]:
    """Makes a queue that accepts a service's messages, and one without a policy; returns their ARNs."""
    url, arn = server.queue(f"{prefix}-open")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn, server.queue(f"{prefix}-closed")[1]


def only_the_open_one(server: Server, word: str, *queue_arns: str) -> None:
    """Checks that a word has reached the open targets and none of the others."""
    if queue_arns:
        first, second = (arn.rpartition(":")[2] for arn in queue_arns)
        assert word in server.received(f"{server.url}/000000000000/{first}")["Body"]
        waiting = server.client("sqs").get_queue_attributes(
            QueueUrl=f"{server.url}/000000000000/{second}", AttributeNames=["ApproximateNumberOfMessages"]
        )
        assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"
    eventually(lambda: any(word in line for line in server.lines("open")))
    assert not any(word in line for line in server.lines("closed"))


def test_a_rule_delivers_what_the_targets_policy_or_its_role_allows(server: Server) -> None:
    events, arns = server.client("events"), queues(server, "rule", BUS)
    weak, strong = (server.role(f"rule-{name}", *more) for name, more in (("weak", ()), ("strong", (ALL,))))
    trust(server, "rule-strong", BUS)
    trust(server, "rule-weak", BUS)
    server.create("by-role", SAYS)
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["mine"]}))
    targets = [
        {"Arn": function_arn("closed")},
        {"Arn": function_arn("closed"), "RoleArn": weak},
        {"Arn": arns[1]},
        {"Arn": function_arn("open")},
        {"Arn": arns[0]},
    ]
    events.put_targets(Rule="all", Targets=[{"Id": str(n), **each} for n, each in enumerate(targets)])
    events.put_rule(Name="with-role", EventPattern=json.dumps({"source": ["mine"]}))
    last = {"Id": "role", "Arn": function_arn("by-role"), "RoleArn": strong}
    events.put_targets(Rule="with-role", Targets=[last])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "t", "Detail": '{"word": "by-rule"}'}])
    eventually(lambda: any("by-rule" in line for line in server.lines("by-role")))
    only_the_open_one(server, "by-rule", *arns)


def trust(server: Server, role_name: str, service: str) -> None:
    """Lets a service assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client("iam").update_assume_role_policy(RoleName=role_name, PolicyDocument=document)


def test_a_schedule_delivers_what_its_role_allows(server: Server) -> None:
    schedules = server.client("scheduler")
    arns = [server.queue(f"schedule-{name}")[1] for name in ("open", "closed")]
    for arn, more in zip(arns, ((ALL,), ()), strict=True):
        name = arn.rpartition(":")[2]
        role_arn = server.role(name, *more)
        trust(server, name, SCHEDULER)
        schedules.create_schedule(
            Name=name,
            ScheduleExpression="at(2020-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role_arn, "Input": '"by-schedule"'},
        )
    receive = server.client("sqs").receive_message
    url = f"{server.url}/000000000000/schedule-"
    eventually(lambda: receive(QueueUrl=f"{url}open").get("Messages"), within_s=90)
    assert "Messages" not in receive(QueueUrl=f"{url}closed")


def test_a_topic_delivers_to_subscribers_whose_policies_allow_it(server: Server) -> None:
    sns, arns = server.client("sns"), queues(server, "topic", TOPICS)
    topic = sns.create_topic(Name="news")["TopicArn"]
    for protocol, arn in (
        ("lambda", function_arn("closed")),
        ("sqs", arns[1]),
        ("lambda", function_arn("open")),
        ("sqs", arns[0]),
    ):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=arn)
    sns.publish(TopicArn=topic, Message="by-topic")
    only_the_open_one(server, "by-topic", *arns)


def test_a_bucket_notifies_those_whose_policies_allow_it(server: Server) -> None:
    """SkipDestinationValidation leaves out the check when the notifications are set, and only that one."""
    s3, arns = server.client("s3"), queues(server, "bucket", BUCKETS)
    s3.create_bucket(Bucket="notifies")
    created = ["s3:ObjectCreated:*"]
    s3.put_bucket_notification_configuration(
        Bucket="notifies",
        SkipDestinationValidation=True,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": function_arn(name),
                    "Events": created,
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"{name}/"}]}},
                }
                for name in ("closed", "open")
            ],
            "QueueConfigurations": [
                {
                    "QueueArn": arn,
                    "Events": created,
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"{name}-queue/"}]}},
                }
                for arn, name in zip(reversed(arns), ("closed", "open"), strict=True)
            ],
        },
    )
    for name in ("closed", "closed-queue", "open", "open-queue"):
        s3.put_object(Bucket="notifies", Key=f"{name}/by-bucket", Body=b"")
    only_the_open_one(server, "by-bucket", *arns)


def test_an_alarm_publishes_to_topics_that_allow_it(server: Server) -> None:
    """A topic's first policy allows its account's alarms, and neither its rules nor its buckets."""
    sns, alarms, url = server.client("sns"), server.client("cloudwatch"), f"{server.url}/000000000000/"
    topics = {}
    for name in ("usual", "strict"):
        arn = queues(server, f"alarm-{name}", TOPICS)[0]
        topics[name] = sns.create_topic(Name=f"alarm-{name}")["TopicArn"]
        sns.subscribe(TopicArn=topics[name], Protocol="sqs", Endpoint=arn)
    nobody = {"Version": "2012-10-17", "Statement": []}
    sns.set_topic_attributes(
        TopicArn=topics["strict"], AttributeName="Policy", AttributeValue=json.dumps(nobody)
    )
    alarms.put_metric_alarm(
        AlarmName="rings",
        AlarmActions=[topics["strict"], topics["usual"]],
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms.set_alarm_state(AlarmName="rings", StateValue="ALARM", StateReason="by-alarm")
    assert "by-alarm" in server.received(f"{url}alarm-usual-open")["Body"]
    assert "Messages" not in server.client("sqs").receive_message(QueueUrl=f"{url}alarm-strict-open")
    events = server.client("events")
    events.put_rule(Name="to-topic", EventPattern=json.dumps({"source": ["rule"]}))
    events.put_targets(Rule="to-topic", Targets=[{"Id": "1", "Arn": topics["usual"]}])
    events.put_targets(Rule="to-topic", Targets=[{"Id": "2", "Arn": function_arn("open")}])
    events.put_events(Entries=[{"Source": "rule", "DetailType": "t", "Detail": '{"word": "no-topic"}'}])
    only_the_open_one(server, "no-topic")
    assert "Messages" not in server.client("sqs").receive_message(QueueUrl=f"{url}alarm-usual-open")


def answer_of(server: Server, path: str, body: bytes = b"{}") -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_rest_api_invokes_what_lets_it(server: Server) -> None:
    server.create("of-rest", SAYS)
    server.create("not-of-rest", SAYS)
    path = "/restapis/{}/live/_user_request_/"
    assert answer_of(server, path.format(server.rest_api("of-rest"))) == (200, "reached")
    refused = server.rest_api("not-of-rest", is_granted=False)
    assert answer_of(server, path.format(refused)) == (500, '{"message": "Internal server error"}')
    assert server.lines("not-of-rest") == []
    for allowed, status in (("POST/", 200), ("GET/", 500), ("*/*", 200)):
        with_source(server, "not-of-rest", f"arn:aws:execute-api:{PLACE}:{refused}/*/{allowed}")
        assert answer_of(server, path.format(refused))[0] == status, allowed


def with_source(server: Server, name: str, source_arn: str) -> None:
    """Lets one source invoke a function, and no other."""
    functions = server.client("lambda")
    with contextlib.suppress(functions.exceptions.ResourceNotFoundException):
        functions.remove_permission(FunctionName=name, StatementId="source")
    functions.add_permission(
        FunctionName=name,
        StatementId="source",
        Action="lambda:InvokeFunction",
        Principal=APIS,
        SourceArn=source_arn,
    )


def integrate_queue(server: Server, name: str, arn: str, role_arn: str, action: str) -> str:
    """Makes a REST API that calls SQS; returns the path of its stage."""
    rest = server.client("apigateway")
    api = str(rest.create_rest_api(name=name)["id"])
    where = rest.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": where, "httpMethod": "POST"}
    rest.put_method(**method, authorizationType="NONE")
    rest.put_method_response(**method, statusCode="200")
    rest.put_integration(
        **method,
        type="AWS",
        integrationHttpMethod="POST",
        credentials=role_arn,
        uri=f"arn:aws:apigateway:us-east-1:sqs:path/000000000000/{arn.rpartition(':')[2]}",
        requestTemplates={"application/json": action},
    )
    rest.put_integration_response(**method, statusCode="200")
    rest.create_deployment(restApiId=api, stageName="live")
    return f"/restapis/{api}/live/_user_request_/"


def test_a_rest_api_calls_sqs_as_its_role_allows(server: Server) -> None:
    arn = server.queue("of-an-api")[1]
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    roles = {name: server.role(f"api-{name}", *more) for name, more in (("weak", ()), ("sends", (sends,)))}
    for name in roles:
        trust(server, f"api-{name}", APIS)
    send = "Action=SendMessage&MessageBody=hello"
    assert "hello" not in answer_of(server, integrate_queue(server, "a", arn, roles["weak"], send))[1]
    purge = integrate_queue(server, "b", arn, roles["sends"], "Action=PurgeQueue")
    assert "AccessDenied" in answer_of(server, purge)[1]
    url = f"{server.url}/000000000000/of-an-api"
    assert "Messages" not in server.client("sqs").receive_message(QueueUrl=url)
    assert answer_of(server, integrate_queue(server, "c", arn, roles["sends"], send))[0] == 200
    assert server.received(url)["Body"] == "hello"


def http_api(server: Server, name: str, route_key: str) -> str:
    """Makes an HTTP API that invokes a function; returns its id."""
    apis = server.client("apigatewayv2")
    api = str(apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"])
    made = apis.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function_arn(name),
        PayloadFormatVersion="2.0",
    )
    apis.create_route(ApiId=api, RouteKey=route_key, Target=f"integrations/{made['IntegrationId']}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


@pytest.mark.parametrize(
    ("name", "route_key", "path", "sources"),
    [
        ("of-a-path", "POST /a/{id}", "/a/1", {"*/POST/a/*": 200, "*/*/a/*": 200, "*/*/b/*": 500}),
        ("of-all", "ANY /{proxy+}", "/x/y", {"*/*": 200, "*/*/*": 200, "*/GET/*": 500}),
        ("of-the-rest", "$default", "/z", {"*/$default": 200, "*/*": 200}),
    ],
)
def test_an_http_api_invokes_what_lets_it(
    server: Server, name: str, route_key: str, path: str, sources: dict[str, int]
) -> None:
    server.create(name, SAYS)
    api = http_api(server, name, route_key)
    where = f"/_aws/execute-api/{api}/$default{path}"
    assert answer_of(server, where) == (500, '{"message": "Internal Server Error"}')
    assert server.lines(name) == []
    for source, status in sources.items():
        with_source(server, name, f"arn:aws:execute-api:{PLACE}:{api}/{source}")
        assert answer_of(server, where)[0] == status, source


def test_an_authorizer_is_asked_only_if_the_api_may_invoke_it(server: Server) -> None:
    says_yes = """
def handler(event, context):
    print("ASKED")
    return {"isAuthorized": True}
"""
    server.create("says-yes", says_yes)
    server.create("behind", SAYS)
    server.grant("behind", APIS)
    api, apis = http_api(server, "behind", "POST /x"), server.client("apigatewayv2")
    path = f"functions/{function_arn('says-yes')}/invocations"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/{path}"
    made = apis.create_authorizer(
        ApiId=api,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri,
        IdentitySource=["$request.header.X-Key"],
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
    )
    (route,) = apis.get_routes(ApiId=api)["Items"]
    apis.update_route(
        ApiId=api, RouteId=route["RouteId"], AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"]
    )

    def ask() -> Any:
        where = f"{server.url}/_aws/execute-api/{api}/$default/x"
        request = urllib.request.Request(where, data=b"", headers={"X-Key": "k"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert ask() == 500
    assert server.lines("says-yes") == []
    source = f"arn:aws:execute-api:{PLACE}:{api}/authorizers/{made['AuthorizerId']}"
    with_source(server, "says-yes", source)
    assert ask() == 200
