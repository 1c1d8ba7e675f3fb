"""An account with what a recorded request needs: roles, functions, queues…, under the recorded names.

Every case has an account of its own, so that nothing of another case is in it. What AWS gives a name to (an
id, a URL, the ARN of a stream) gets another one here: `World.names` says which recorded text became which.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from tests.bench._parity.corpus import RECORDED_ACCOUNT, REGION

_READY_S = 10.0
_POLL_S = 0.03
_SERVICES = (
    "lambda", "events", "scheduler", "apigateway", "sns", "sqs", "s3", "logs", "states", "firehose", "ec2",
)  # fmt: skip
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [f"{service}.amazonaws.com" for service in _SERVICES]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
ROLE = "parity"
_HANDLER = "def handler(event, context):\n    return event\n"


def package(source: str = _HANDLER, size: int = 0) -> bytes:
    """A package with the handlers `index.handler` and `handler.handler`; of `size` bytes if given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("index.py", "handler.py", "app.py"):
            archive.writestr(name, source)
        if size:
            # An entry's name stands twice in the archive, with 30 and 46 bytes around it; the end has 22.
            there = buffer.tell() + sum(46 + len(each.filename) for each in archive.infolist()) + 22
            padding = zipfile.ZipInfo("x")
            archive.writestr(padding, bytes(size - there - 30 - 46 - 2))
    return buffer.getvalue()


def large_package(unzipped: int) -> bytes:
    """A small package with a file of so many bytes in it."""
    buffer = io.BytesIO(package())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("x", bytes(unzipped))
    return buffer.getvalue()


class World:
    """One account of a server.

    Args:
        account: Its number.
        client: Makes a client of a service for it.
        absent: Kinds of things that must not be made ("function", "queue"): AWS's answer says that they
            do not exist.
    """

    def __init__(self, account: str, client: Callable[[str], Any], absent: frozenset[str]) -> None:
        self.account = account
        self._client = client
        self._absent = absent
        self._made: set[tuple[str, ...]] = set()
        self.names: dict[str, str] = {RECORDED_ACCOUNT: account}
        self.failed: list[str] = []

    def client(self, service: str) -> Any:
        return self._client(service)

    def make(self, step: str, request: Mapping[str, Any]) -> None:
        """Does a step: a kind and the words that it needs; "{Name}" is a parameter of the request."""
        kind, *words = step.split(" ")
        values = [_filled(word, request) for word in words]
        if kind in self._absent or (kind, *values) in self._made or any(v is None for v in values):
            return
        self._made.add((kind, *[str(value) for value in values]))
        try:
            getattr(self, "_" + kind)(*[str(value) for value in values])
        except Exception as error:  # noqa: BLE001 - a server that answers badly must not end the bench
            if not _exists(error):
                self.failed.append(f"{step}: {type(error).__name__}: {error}")

    def substituted(self, value: Any) -> Any:
        """A request with the names that things have here."""
        if isinstance(value, str):
            for recorded, name in sorted(self.names.items(), key=lambda item: -len(item[0])):
                value = value.replace(recorded, name)
            return value
        if isinstance(value, Mapping):
            return {self.substituted(key): self.substituted(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.substituted(member) for member in value]
        return value

    def arn(self, service: str, rest: str) -> str:
        region = "" if service in ("iam", "s3") else REGION
        account = "" if service == "s3" else self.account
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    # IAM

    def _role(self, name: str) -> None:
        *path, name = name.split("/")
        more = {"Path": "/" + "/".join(path) + "/"} if path else {}
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)

    def _user(self, name: str) -> None:
        self.client("iam").create_user(UserName=name)

    def _group(self, name: str) -> None:
        self.client("iam").create_group(GroupName=name)

    def _policy(self, name: str) -> None:
        self.client("iam").create_policy(PolicyName=name, PolicyDocument=EVERYTHING)

    def _attached(self, role: str, policy: str) -> None:
        self._role(role)
        self.client("iam").attach_role_policy(RoleName=role, PolicyArn=self.substituted(policy))

    def _profile(self, name: str) -> None:
        self.client("iam").create_instance_profile(InstanceProfileName=name)

    # Lambda

    def _function(self, name: str) -> None:
        self.make(f"role {ROLE}", {})
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=self.arn("iam", f"role/{ROLE}"),
            Code={"ZipFile": package()},
        )
        self.settle(name)

    def settle(self, name: str) -> None:
        """Waits until a function is active and not being updated."""
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            found = self.client("lambda").get_function_configuration(FunctionName=name)
            if found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress":
                return
            time.sleep(_POLL_S)

    def _version(self, name: str, number: str) -> None:
        self.make(f"function {name}", {})
        if "function" in self._absent:
            return
        client = self.client("lambda")
        there = len(client.list_versions_by_function(FunctionName=name)["Versions"]) - 1
        for _ in range(int(number) - there):
            client.update_function_code(FunctionName=name, ZipFile=package(f"{_HANDLER}# {there}\n"))
            self.settle(name)
            client.publish_version(FunctionName=name)
            self.settle(name)
            there += 1

    def _alias(self, name: str, alias: str, version: str = "1") -> None:
        self.make(f"version {name} {version}", {})
        self.client("lambda").create_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    def _busy(self, name: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").update_function_configuration(FunctionName=name, Description="busy")

    def _url(self, name: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")

    def _permission(self, name: str, statement: str, qualifier: str = "") -> None:
        self.make(f"function {name}", {})
        more = {"Qualifier": qualifier} if qualifier else {}
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::parity-bucket",
            **more,
        )

    def _concurrency(self, name: str, reserved: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )

    def _provisioned(self, name: str, qualifier: str) -> None:
        self.client("lambda").put_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )

    def _eventconfig(self, name: str, qualifier: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=name, Qualifier=qualifier, MaximumRetryAttempts=1
        )

    def _layer(self, name: str, version: str = "1") -> None:
        for number in range(int(version)):
            self.client("lambda").publish_layer_version(
                LayerName=name,
                Content={"ZipFile": package(f"{_HANDLER}# {number}\n")},
                CompatibleRuntimes=["python3.12"],
            )

    def _layergrant(self, name: str, statement: str) -> None:
        self.make(f"layer {name}", {})
        self.client("lambda").add_layer_version_permission(
            LayerName=name,
            VersionNumber=1,
            StatementId=statement,
            Action="lambda:GetLayerVersion",
            Principal="*",
        )

    def _signing(self, recorded: str) -> None:
        answer = self.client("lambda").create_code_signing_config(
            AllowedPublishers={
                "SigningProfileVersionArns": [self.arn("signer", "/signing-profiles/parity/aaaaaaaaaa")]
            }
        )
        self.names[recorded] = answer["CodeSigningConfig"]["CodeSigningConfigArn"]

    def _mapping(self, name: str, source: str, recorded: str = "") -> None:
        self.make(f"function {name}", {})
        self.of_arn(source)
        source = self.substituted(source)
        starting = {} if ":sqs:" in source else {"StartingPosition": "TRIM_HORIZON"}
        answer = self.client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=source, **starting
        )
        if recorded:
            self.names[recorded] = answer["UUID"]
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            found = self.client("lambda").get_event_source_mapping(UUID=answer["UUID"])
            if found["State"] in ("Enabled", "Disabled"):
                return
            time.sleep(_POLL_S)

    # Messages, streams, tables, buckets

    def _queue(self, name: str) -> None:
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.names[f"http://127.0.0.1:35641/{RECORDED_ACCOUNT}/{name}"] = url

    def _message_size(self, name: str, size: str) -> None:
        self.make(f"queue {name}", {})
        url = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": size})

    def _topic(self, name: str) -> None:
        attributes = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        self.client("sns").create_topic(Name=name, Attributes=attributes)

    def _label(self, topic: str, label: str) -> None:
        self.make(f"topic {topic}", {})
        self.client("sns").add_permission(
            TopicArn=self.arn("sns", topic),
            Label=label,
            AWSAccountId=[self.account],
            ActionName=["Publish"],
        )

    def _subscription(self, recorded: str) -> None:
        topic = recorded.split(":")[5]
        queue = "parity-subscriber" + (".fifo" if topic.endswith(".fifo") else "")
        self.make(f"topic {topic}", {})
        self.make(f"queue {queue}", {})
        answer = self.client("sns").subscribe(
            TopicArn=self.arn("sns", topic),
            Protocol="sqs",
            Endpoint=self.arn("sqs", queue),
            ReturnSubscriptionArn=True,
        )
        self.names[recorded] = answer["SubscriptionArn"]

    def _application(self, arn: str) -> None:
        _, platform, name = arn.split(":", 5)[5].split("/")[:3]
        self.client("sns").create_platform_application(
            Name=name,
            Platform=platform,
            Attributes={"PlatformPrincipal": "dummy", "PlatformCredential": "dummy"},
        )

    def _endpoint(self, arn: str) -> None:
        _, platform, name = arn.split(":", 5)[5].split("/")[:3]
        application = self.arn("sns", f"app/{platform}/{name}")
        self._application(application)
        answer = self.client("sns").create_platform_endpoint(
            PlatformApplicationArn=application, Token="token"
        )
        self.names[arn] = answer["EndpointArn"]

    def _stream(self, name: str) -> None:
        self.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        self._until(
            lambda: (
                self.client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
                    "StreamStatus"
                ]
                == "ACTIVE"
            )
        )

    def _table(self, name: str, recorded: str = "") -> None:
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._until(
            lambda: self.client("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        )
        table = self.client("dynamodb").describe_table(TableName=name)["Table"]
        if recorded:
            self.names[recorded] = table["LatestStreamArn"].rsplit("/", 1)[1]

    def _until(self, is_ready: Callable[[], bool]) -> None:
        until = time.monotonic() + _READY_S
        while not is_ready() and time.monotonic() < until:
            time.sleep(_POLL_S)

    def _bucket(self, name: str) -> None:
        # Buckets are known by their names in all accounts.
        unique = f"{name[:48]}-{self.account[-8:]}"
        self.names[name] = unique
        self.client("s3").create_bucket(Bucket=unique)

    def _object(self, bucket: str, key: str) -> None:
        self.make(f"bucket {bucket}", {})
        self.client("s3").put_object(Bucket=self.substituted(bucket), Key=key, Body=package())

    def _versioned(self, bucket: str) -> None:
        self.make(f"bucket {bucket}", {})
        self.client("s3").put_bucket_versioning(
            Bucket=self.substituted(bucket), VersioningConfiguration={"Status": "Enabled"}
        )

    def _upload(self, bucket: str, key: str, recorded: str) -> None:
        self.make(f"bucket {bucket}", {})
        answer = self.client("s3").create_multipart_upload(Bucket=self.substituted(bucket), Key=key)
        self.names[recorded] = answer["UploadId"]

    def _largeobject(self, bucket: str, key: str) -> None:
        self.make(f"bucket {bucket}", {})
        self.client("s3").put_object(
            Bucket=self.substituted(bucket), Key=key, Body=large_package(262_144_001)
        )

    # Logs, metrics

    def _loggroup(self, name: str) -> None:
        self.client("logs").create_log_group(logGroupName=name)

    def _logstream(self, group: str, name: str) -> None:
        self.make(f"loggroup {group}", {})
        self.client("logs").create_log_stream(logGroupName=group, logStreamName=name)

    def _filter(self, group: str, name: str, destination: str) -> None:
        self.of_arn(destination)
        function = destination.split(":")[6]
        with suppress(ClientError):
            self.client("lambda").add_permission(
                FunctionName=function,
                StatementId="logs",
                Action="lambda:InvokeFunction",
                Principal="logs.amazonaws.com",
            )
        self.client("logs").put_subscription_filter(
            logGroupName=group,
            filterName=name,
            filterPattern="",
            destinationArn=self.substituted(destination),
        )

    def _alarm(self, name: str) -> None:
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            MetricName="Errors",
            Namespace="AWS/Lambda",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )

    # EventBridge, Scheduler

    def _bus(self, name: str) -> None:
        if name != "default":
            self.client("events").create_event_bus(Name=name)

    def _rule(self, name: str, bus: str = "default") -> None:
        self.make(f"bus {bus}", {})
        self.client("events").put_rule(
            Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["parity"]})
        )

    def _target(self, rule: str, bus: str = "default") -> None:
        self.make(f"rule {rule} {bus}", {})
        self.make("queue parity-target", {})
        self.client("events").put_targets(
            Rule=rule, EventBusName=bus, Targets=[{"Id": "1", "Arn": self.arn("sqs", "parity-target")}]
        )

    def _archive(self, name: str, bus: str = "default") -> None:
        self.make(f"bus {bus}", {})
        self.client("events").create_archive(
            ArchiveName=name, EventSourceArn=self.arn("events", f"event-bus/{bus}")
        )

    def _schedule(self, name: str, group: str = "default") -> None:
        self.make(f"role {ROLE}", {})
        self.make("function parity-target", {})
        self.client("scheduler").create_schedule(
            Name=name,
            GroupName=group,
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": self.arn("lambda", "function:parity-target"),
                "RoleArn": self.arn("iam", f"role/{ROLE}"),
            },
        )

    # API Gateway

    def _api(self, recorded: str) -> None:
        self.names[recorded] = self.client("apigateway").create_rest_api(name="parity")["id"]

    def _resource(self, api: str, recorded: str) -> None:
        self.make(f"api {api}", {})
        client, real = self.client("apigateway"), self.names[api]
        root = client.get_resources(restApiId=real)["items"][0]["id"]
        self.names[recorded] = client.create_resource(restApiId=real, parentId=root, pathPart="test")["id"]

    def _method(self, api: str, resource: str, method: str) -> None:
        self.make(f"resource {api} {resource}", {})
        self.client("apigateway").put_method(
            restApiId=self.names[api],
            resourceId=self.names[resource],
            httpMethod=method,
            authorizationType="NONE",
        )

    def _answer(self, api: str, resource: str, method: str, status: str = "200") -> None:
        self.make(f"method {api} {resource} {method}", {})
        self.client("apigateway").put_method_response(
            restApiId=self.names[api],
            resourceId=self.names[resource],
            httpMethod=method,
            statusCode=status,
        )

    def _integration(self, api: str, resource: str, method: str) -> None:
        self.make(f"answer {api} {resource} {method}", {})
        place = {
            "restApiId": self.names[api],
            "resourceId": self.names[resource],
            "httpMethod": method,
        }
        self.client("apigateway").put_integration(
            **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        self.client("apigateway").put_integration_response(**place, statusCode="200")

    def _model(self, api: str, name: str) -> None:
        self.make(f"api {api}", {})
        self.client("apigateway").create_model(
            restApiId=self.names[api],
            name=name,
            contentType="application/json",
            schema=json.dumps({"title": name, "type": "object", "properties": {"a": {"type": "number"}}}),
        )

    def _validator(self, api: str, recorded: str) -> None:
        self.make(f"api {api}", {})
        self.names[recorded] = self.client("apigateway").create_request_validator(
            restApiId=self.names[api], name="parity"
        )["id"]

    def _documented(self, api: str, recorded: str) -> None:
        self.make(f"api {api}", {})
        self.names[recorded] = self.client("apigateway").create_documentation_part(
            restApiId=self.names[api], location={"type": "API"}, properties='{"description": "x"}'
        )["id"]

    def _stage(self, api: str, name: str) -> None:
        place = (api, "parityres")
        self.make(f"integration {place[0]} {place[1]} GET", {})
        self.client("apigateway").create_deployment(restApiId=self.names[api], stageName=name)

    # Networks

    def _subnet(self, recorded: str) -> None:
        self.names[recorded] = self.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]

    def _securitygroup(self, recorded: str) -> None:
        self.names[recorded] = self.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def of_arn(self, arn: str) -> None:
        """Makes what an ARN names, when it is of a kind that is known."""
        step = step_of_arn(arn)
        if step:
            self.make(step, {})


def step_of_arn(arn: str) -> str | None:
    """The step that makes what an ARN names."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return None
    service, rest = parts[2], parts[5]
    match service:
        case "sqs":
            return f"queue {rest}"
        case "sns" if "/" not in rest and rest.count(":") == 0:
            return f"topic {rest}"
        case "sns" if rest.startswith("app/"):
            return f"application {arn}" if rest.count("/") == 2 else f"endpoint {arn}"
        case "sns" if rest.count(":") == 1:
            return f"subscription {arn}"
        case "kinesis" if rest.startswith("stream/"):
            return f"stream {rest.split('/')[1]}"
        case "dynamodb" if rest.startswith("table/"):
            _, table, *more = rest.split("/")
            return f"table {table} {more[1]}" if len(more) == 2 else f"table {table}"
        case "lambda" if rest.startswith("function:"):
            return f"function {rest.split(':')[1]}"
        case "iam" if rest.startswith("role/"):
            return f"role {rest.removeprefix('role/')}"
        case "iam" if rest.startswith("policy/") and parts[4] not in ("", "aws"):
            return f"policy {rest.rsplit('/', 1)[1]}"
        case "s3" if "*" not in rest:
            return f"bucket {rest.split('/')[0]}"
        case "events" if rest.startswith("event-bus/"):
            return f"bus {rest.split('/')[1]}"
        case "events" if rest.startswith("rule/"):
            *bus, name = rest.split("/")[1:]
            return f"rule {name} {bus[0]}" if bus else f"rule {name}"
        case "events" if rest.startswith("archive/"):
            return f"archive {rest.split('/')[1]}"
    return None


def _filled(word: str, request: Mapping[str, Any]) -> str | None:
    """A word of a step; None when the request has not the parameter that it names."""
    if not (word.startswith("{") and word.endswith("}")):
        return word
    value: Any = request
    for part in word[1:-1].split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return plain_name(str(value))


def plain_name(name: str) -> str:
    """A function's name in what stands for one: an ARN, a partial ARN, a name with a qualifier."""
    if name.startswith("arn:") and ":function:" in name:
        return name.split(":function:", 1)[1].split(":")[0]
    return name


def _exists(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    words = ("AlreadyExists", "AlreadyOwned", "ResourceInUse", "EntityAlreadyExists", "QueueNameExists")
    return any(word in code for word in words) or code == "ResourceConflictException"
