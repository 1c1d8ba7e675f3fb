"""A function of the Sandbox that triggers of every kind run: wired by hand, not by what is tested."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.grants import role_for
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail

ALIAS = "live"


@dataclass(slots=True)
class EveryKind:
    """The function, and by kind what runs it. Statements have the kind's name for an id."""

    connection: Connection
    detail: FunctionDetail
    arns: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, connection: Connection) -> "EveryKind":
        """Makes the function with an alias, and wires every kind."""
        made = cls(connection, create_function(connection, "def handler(event, context): return 1\n"))
        name = made.detail.function_name
        connection.call("lambda", "publish_version", FunctionName=name)
        connection.call("lambda", "create_alias", FunctionName=name, Name=ALIAS, FunctionVersion="1")
        for wire in (
            made.queue,
            made.stream,
            made.table,
            made.bucket,
            made.topic,
            made.rule,
            made.schedule,
            made.log_group,
            made.url,
            made.http_api,
            made.rest_api,
        ):
            wire()
        return made

    @property
    def arn(self) -> str:
        """The unqualified function's."""
        return self.detail.function_arn

    def place(self, service: str, resource: str) -> str:
        """The ARN of a resource beside the function."""
        return f"arn:aws:{service}:{self.connection.region}:{self.connection.account_id}:{resource}"

    def unique(self, word: str) -> str:
        """A name that no other test has."""
        return f"{word}-{secrets.token_hex(4)}"

    def call(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        """A call to the Sandbox."""
        return self.connection.call(service, method, **params)

    def grant(self, sid: str, principal: str, source_arn: str = "", qualifier: str = "", **more: Any) -> None:
        """Lets a source run the function, or its alias."""
        request: dict[str, Any] = {"Action": "lambda:InvokeFunction"} | more
        request |= {"SourceArn": source_arn} if source_arn else {}
        request |= {"Qualifier": qualifier} if qualifier else {}
        name = self.detail.function_name
        self.call(
            "lambda", "add_permission", FunctionName=name, StatementId=sid, Principal=principal, **request
        )

    def mapping(self, source_arn: str, qualifier: str = "", **more: Any) -> str:
        """An event source mapping; its UUID."""
        target = f"{self.arn}:{qualifier}" if qualifier else self.arn
        answer = self.call(
            "lambda", "create_event_source_mapping", EventSourceArn=source_arn, FunctionName=target, **more
        )
        return str(answer["UUID"])

    def queue(self, kind: str = "sqs", qualifier: str = "") -> str:
        """A queue and its mapping."""
        name = self.unique("orders")
        self.call("sqs", "create_queue", QueueName=name)
        self.arns[kind] = self.place("sqs", name)
        return self.mapping(self.arns[kind], qualifier)

    def stream(self) -> None:
        """A stream and the alias's mapping."""
        name = self.unique("clicks")
        self.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
        self.arns["kinesis"] = self.place("kinesis", f"stream/{name}")
        self.mapping(self.arns["kinesis"], ALIAS, StartingPosition="LATEST")

    def table(self) -> None:
        """A table with a stream, and its mapping."""
        key = {"AttributeName": "id", "AttributeType": "S"}
        answer = self.call(
            "dynamodb",
            "create_table",
            TableName=self.unique("people"),
            AttributeDefinitions=[key],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        self.arns["dynamodb"] = str(answer["TableDescription"]["LatestStreamArn"])
        self.mapping(self.arns["dynamodb"], StartingPosition="LATEST")

    def bucket(self) -> None:
        """A bucket that notifies the function."""
        name = self.unique("photos")
        self.call("s3", "create_bucket", Bucket=name)
        self.arns["s3"] = f"arn:aws:s3:::{name}"
        self.grant("s3", "s3.amazonaws.com", self.arns["s3"], SourceAccount=self.connection.account_id)
        entry = {"Id": "one", "LambdaFunctionArn": self.arn, "Events": ["s3:ObjectCreated:*"]}
        config = {"LambdaFunctionConfigurations": [entry]}
        self.call(
            "s3", "put_bucket_notification_configuration", Bucket=name, NotificationConfiguration=config
        )

    def topic(self) -> None:
        """A topic to which the alias is subscribed."""
        self.arns["sns"] = str(self.call("sns", "create_topic", Name=self.unique("news"))["TopicArn"])
        self.grant("sns", "sns.amazonaws.com", self.arns["sns"], ALIAS)
        self.call(
            "sns",
            "subscribe",
            TopicArn=self.arns["sns"],
            Protocol="lambda",
            Endpoint=f"{self.arn}:{ALIAS}",
            ReturnSubscriptionArn=True,
        )

    def rule(self, kind: str = "events", *, is_granted: bool = True) -> None:
        """A rule with the function as its target."""
        name = self.unique("nightly")
        pattern = json.dumps({"source": ["shop"]})
        self.arns[kind] = str(self.call("events", "put_rule", Name=name, EventPattern=pattern)["RuleArn"])
        if is_granted:
            self.grant(kind, "events.amazonaws.com", self.arns[kind])
        self.call("events", "put_targets", Rule=name, Targets=[{"Id": "one", "Arn": self.arn}])

    def schedule(self) -> None:
        """A schedule, which runs the alias as its own role."""
        name = self.unique("hourly")
        role = role_for(self.connection, name, "scheduler.amazonaws.com")
        answer = self.call(
            "scheduler",
            "create_schedule",
            Name=name,
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"{self.arn}:{ALIAS}", "RoleArn": role},
        )
        self.arns["scheduler"] = str(answer["ScheduleArn"])

    def log_group(self) -> None:
        """A log group that is subscribed to."""
        name = f"/app/{self.unique('web')}"
        self.call("logs", "create_log_group", logGroupName=name)
        self.arns["logs"] = self.place("logs", f"log-group:{name}:*")
        self.grant("logs", "logs.amazonaws.com", self.arns["logs"])
        self.call(
            "logs",
            "put_subscription_filter",
            logGroupName=name,
            filterName="all",
            filterPattern="",
            destinationArn=self.arn,
        )

    def url(self) -> None:
        """A public URL with its two statements."""
        name = self.detail.function_name
        answer = self.call("lambda", "create_function_url_config", FunctionName=name, AuthType="NONE")
        self.arns["url"] = str(answer["FunctionUrl"])
        action = "lambda:InvokeFunctionUrl"
        self.grant("public-1", "*", Action=action, FunctionUrlAuthType="NONE")
        self.grant("public-2", "*", InvokedViaFunctionUrl=True)

    def http_api(self) -> None:
        """An HTTP API with one route."""
        api = str(self.call("apigatewayv2", "create_api", Name="shop", ProtocolType="HTTP")["ApiId"])
        integration = self.call(
            "apigatewayv2",
            "create_integration",
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=self.arn,
            PayloadFormatVersion="2.0",
        )
        target = f"integrations/{integration['IntegrationId']}"
        self.call("apigatewayv2", "create_route", ApiId=api, RouteKey="GET /orders", Target=target)
        self.call("apigatewayv2", "create_stage", ApiId=api, StageName="$default", AutoDeploy=True)
        self.arns["http-api"] = self.place("execute-api", f"{api}/*/GET/orders")
        self.grant("http-api", "apigateway.amazonaws.com", self.arns["http-api"])

    def rest_api(self) -> None:
        """A REST API with one method."""
        api = str(self.call("apigateway", "create_rest_api", name="shop")["id"])
        root = str(self.call("apigateway", "get_resources", restApiId=api)["items"][0]["id"])
        subject = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
        self.call("apigateway", "put_method", **subject, authorizationType="NONE")
        region = self.connection.region
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{self.arn}/invocations"
        self.call(
            "apigateway",
            "put_integration",
            **subject,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
        self.call("apigateway", "create_deployment", restApiId=api, stageName="prod")
        self.arns["rest-api"] = self.place("execute-api", f"{api}/*/POST/")
        self.grant("rest-api", "apigateway.amazonaws.com", self.arns["rest-api"])
