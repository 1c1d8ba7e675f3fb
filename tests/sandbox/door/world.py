"""What recorded requests need to be there, and how a refusal is compared."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.server.server import EVERYTHING, Server

ACCOUNT = "000000000000"
ARN = f"us-east-1:{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Case:
    """A request that AWS refused.

    Attributes:
        source: The recorded case, or what else it is known from.
        operation: In the service model.
        request: Its parameters. "<name>" stands for what `World.names` has under it.
        code: AWS's error code.
        message: AWS's text; "<name>" as above, and "<*>" is any text.
        status: HTTP status.
        fields: More members of the error.
    """

    source: str
    operation: str
    request: dict[str, Any]
    code: str
    message: str
    status: int = 400
    fields: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.operation}-{self.source.rpartition('#')[2]}"


class World:
    """Resources of all services in one Sandbox.

    Args:
        server: The Sandbox.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.names: dict[str, str] = {}
        self._make_queues()
        self._make_topics()
        self._make_rules()
        self._make_others()
        self._make_api()

    def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.server.client(service, is_checked=False)._make_api_call(
            operation, self.filled(request)
        )
        return answer

    def refuses(self, service: str, case: Case) -> None:
        """Asserts that a request is refused as AWS refuses it."""
        with pytest.raises(ClientError) as caught:
            self.call(service, case.operation, case.request)
        response: Any = caught.value.response
        error = response["Error"]
        assert response["ResponseMetadata"]["RequestId"]
        message = error.get("Message", "").rstrip("\n")
        assert (error["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (case.code, case.status), (
            message
        )
        wanted = self.filled(case.message)
        if "<*>" in wanted:
            pattern = ".*".join(map(re.escape, wanted.split("<*>")))
            assert re.fullmatch(pattern, message, re.DOTALL), message
        else:
            assert message == wanted
        assert {name: error.get(name) for name in case.fields} == self.filled(case.fields)

    def filled(self, value: Any) -> Any:
        """A value with what this world has in the place of names."""
        if isinstance(value, str):
            for name, text in self.names.items():
                value = value.replace(f"<{name}>", text)
            return value
        if isinstance(value, dict):
            return {self.filled(name): self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return value

    def _make_queues(self) -> None:
        sqs = self.server.client("sqs")
        for name, attributes in (
            ("queue", {}),
            ("small", {"MaximumMessageSize": "1024"}),
            ("queue.fifo", {"FifoQueue": "true"}),
        ):
            self.names[name] = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.names["gone"] = self.names["queue"].replace("/queue", "/gone")

    def _make_topics(self) -> None:
        sns = self.server.client("sns")
        self.names["topic"] = sns.create_topic(Name="topic", Attributes={"DisplayName": "Value1"})["TopicArn"]
        self.names["topic.fifo"] = sns.create_topic(Name="topic.fifo", Attributes={"FifoTopic": "true"})[
            "TopicArn"
        ]
        for name, topic, endpoint in (
            ("subscription", "topic", f"arn:aws:sqs:{ARN}:queue"),
            ("body", "topic", f"arn:aws:sqs:{ARN}:small"),
            ("subscription.fifo", "topic.fifo", f"arn:aws:sqs:{ARN}:queue.fifo"),
        ):
            attributes = {"FilterPolicyScope": "MessageBody"} if name == "body" else {}
            self.names[name] = sns.subscribe(
                TopicArn=self.names[topic],
                Protocol="sqs",
                Endpoint=endpoint,
                Attributes=attributes,
                ReturnSubscriptionArn=True,
            )["SubscriptionArn"]

        application = sns.create_platform_application(
            Name="app", Platform="ADM", Attributes={"PlatformPrincipal": "p", "PlatformCredential": "c"}
        )
        self.names["application"] = application["PlatformApplicationArn"]
        endpoint = sns.create_platform_endpoint(
            PlatformApplicationArn=self.names["application"], Token="token"
        )
        self.names["endpoint"] = endpoint["EndpointArn"]

    def _make_rules(self) -> None:
        events = self.server.client("events")
        events.create_event_bus(Name="bus")
        bus = f"arn:aws:events:{ARN}:event-bus/"
        events.create_archive(ArchiveName="archive", EventSourceArn=f"{bus}default")
        events.put_rule(Name="rule", EventPattern='{"source": ["mine"]}')
        target = {"Id": "t", "Arn": f"arn:aws:sqs:{ARN}:queue"}
        events.put_rule(Name="with-target", EventPattern='{"source": ["mine"]}')
        events.put_targets(Rule="with-target", Targets=[target])
        iam = self.server.client("iam")
        for name, service in (("scheduler", "scheduler"), ("lambda", "lambda")):
            iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(f"{service}.amazonaws.com"))
            )
            self.names[f"role-{name}"] = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        iam.put_role_policy(RoleName="lambda", PolicyName="inline", PolicyDocument=EVERYTHING)

    def _make_others(self) -> None:
        self.server.client("s3").create_bucket(Bucket="door-bucket")
        s3 = self.server.client("s3")
        s3.put_object(Bucket="door-bucket", Key="key", Body=b"x")
        self.names["upload"] = s3.create_multipart_upload(Bucket="door-bucket", Key="key")["UploadId"]
        logs = self.server.client("logs")
        for group in ("group", "full"):
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName="group", logStreamName="stream")
        self.server.client("kinesis").create_stream(StreamName="stream", ShardCount=1)
        apis = self.server.client("apigatewayv2")
        self.names["http-api"] = apis.create_api(Name="http", ProtocolType="HTTP")["ApiId"]
        api = {"ApiId": self.names["http-api"]}
        uri = f"arn:aws:lambda:{ARN}:function:function"
        self.names["http-integration"] = apis.create_integration(
            **api, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        target = f"integrations/{self.names['http-integration']}"
        self.names["http-route"] = apis.create_route(**api, RouteKey="GET /a", Target=target)["RouteId"]
        apis.create_route(**api, RouteKey="GET /b")
        apis.create_stage(**api, StageName="live")
        self.server.table("table")
        self.server.create(
            "function", "def handler(event, context): return event\n", Role=self.names["role-lambda"]
        )
        self.names["function"] = f"arn:aws:lambda:{ARN}:function:function"
        self.server.client("lambda").add_permission(
            FunctionName="function",
            StatementId="logs",
            Action="lambda:InvokeFunction",
            Principal="logs.amazonaws.com",
        )
        for name in ("one", "two"):
            logs.put_subscription_filter(
                logGroupName="full", filterName=name, filterPattern="", destinationArn=self.names["function"]
            )

    def _make_api(self) -> None:
        api = self.server.client("apigateway")
        self.names["api"] = api.create_rest_api(name="api")["id"]
        root = api.get_resources(restApiId=self.names["api"])["items"][0]["id"]
        where = {"restApiId": self.names["api"], "resourceId": root}
        api.put_method(**where, httpMethod="GET", authorizationType="NONE")
        api.put_method_response(**where, httpMethod="GET", statusCode="200")
        api.put_integration(**where, httpMethod="GET", type="MOCK")
        api.create_deployment(restApiId=self.names["api"], stageName="dev")
        self.names["validator"] = api.create_request_validator(restApiId=self.names["api"], name="v")["id"]
        private = api.create_rest_api(name="private", endpointConfiguration={"types": ["PRIVATE"]})
        self.names["private"] = private["id"]
        self.names["root"] = root


def trust(service: str) -> dict[str, Any]:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}
