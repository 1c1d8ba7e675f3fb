"""An account with what a recorded request needs: roles, functions, queues…, under the recorded names."""

import json
from contextlib import suppress

from botocore.exceptions import ClientError

from tests.bench._parity.corpus import RECORDED_ACCOUNT
from tests.bench._parity.lambda_things import LambdaThings, large_package, package
from tests.bench._parity.place import ROLE


class World(LambdaThings):
    """One account of a server, and all kinds of things that can be made in it."""

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
        self.until(
            lambda: (
                self.client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
                    "StreamStatus"
                ]
                == "ACTIVE"
            )
        )

    def _table(self, name: str, recorded: str = "") -> None:
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **({"StreamSpecification": stream} if recorded else {}),
        )
        self.until(
            lambda: self.client("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        )
        table = self.client("dynamodb").describe_table(TableName=name)["Table"]
        if recorded:
            self.names[recorded] = table["LatestStreamArn"].rsplit("/", 1)[1]

    def _bucket(self, name: str) -> None:
        # Buckets are known by their names in all accounts.
        self._newbucket(name)
        self.client("s3").create_bucket(Bucket=self.names[name])

    def _newbucket(self, name: str) -> None:
        self.names[name] = f"{name[:48]}-{self.account[-8:]}"

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
