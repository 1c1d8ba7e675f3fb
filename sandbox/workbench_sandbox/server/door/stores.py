"""MiniStack's stores, for the rules to read. The only module of the door that knows them.

A name is looked up in the account and region of the request, an ARN in its own. Nothing here changes a store.
Sorted by service; a service of MiniStack is imported when it is first needed.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

Record = dict[str, Any]
_EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_NETWORK = (
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "DeleteNetworkInterface",
)
_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def _policy(*actions: str) -> Record:
    return {"Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}


# AWS managed policies for functions that MiniStack does not have.
# Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/, one page each.
_AWS_POLICIES = {
    "service-role/AWSLambdaENIManagementAccess": _policy(
        *(f"ec2:{each}" for each in (*_NETWORK, "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"))
    ),
    "service-role/AWSLambdaMSKExecutionRole": _policy(
        *(f"kafka:{each}" for each in ("DescribeCluster", "DescribeClusterV2", "GetBootstrapBrokers")),
        *(f"ec2:{each}" for each in (*_NETWORK, "DescribeVpcs", "DescribeSecurityGroups")),
        *_LOGS,
    ),
}


@dataclass(frozen=True, slots=True)
class RolePolicies:
    """The policies of a role, as text or parsed."""

    documents: tuple[Any, ...]
    boundary: Any = None


def _named(service: str, store: str) -> Callable[[str], Record | None]:
    """Looks up a resource by its name, id or ARN."""
    return lambda name: _found(getattr(_service(service), store).get(name))


def _of_api(service: str, store: str) -> Callable[[str], Mapping[Any, Record]]:
    """Looks up the resources of an API, by its id or name."""
    return lambda api_id: dict(getattr(_service(service), store).get(api_id) or {})


@functools.cache
def _service(name: str) -> ModuleType:
    return importlib.import_module(f"ministack.services.{name}")


def _found(record: Any) -> Record | None:
    return cast("Record | None", record)


api = _named("apigateway", "_apis")
rest_api = _named("apigateway_v1", "_rest_apis")
log_group = _named("cloudwatch_logs", "_log_groups")
"""Includes "streams" and "subscriptionFilters"."""
security_group = _named("ec2", "_security_groups")
subnet = _named("ec2", "_subnets")
archive = _named("eventbridge", "_archives")
replay = _named("eventbridge", "_replays")
role_named = _named("iam", "_roles")
code_signing_config = _named("lambda_svc", "_code_signing_configs")  # see lambda_api
mapping = _named("lambda_svc", "_esms")
upload = _named("s3", "_multipart_uploads")
platform_application = _named("sns", "_platform_applications")
platform_endpoint = _named("sns", "_platform_endpoints")
api_integrations = _of_api("apigateway", "_integrations")
api_routes = _of_api("apigateway", "_routes")
api_stages = _of_api("apigateway", "_stages")
rest_authorizers = _of_api("apigateway_v1", "_authorizers_v1")
rest_documentation_parts = _of_api("apigateway_v1", "_documentation_parts")
rest_validators = _of_api("apigateway_v1", "_request_validators")
rest_resources = _of_api("apigateway_v1", "_resources")


def stream_table(arn: str) -> Record | None:
    """The DynamoDB table whose latest stream has an ARN."""
    region, account_id, resource = _parse_arn(arn)
    name = resource.removeprefix("table/").partition("/stream/")[0]
    table = _found(_service("dynamodb")._tables.get_scoped(account_id, region, name))
    return table if table is not None and table.get("LatestStreamArn") == arn else None


def role(arn: str) -> Record | None:
    """An IAM role. Its trust policy, AssumeRolePolicyDocument, is text."""
    region, account_id, resource = _parse_arn(arn)
    found = _found(_service("iam")._roles.get_scoped(account_id, region, resource.rpartition("/")[2]))
    return found if found is not None and found["Arn"] == arn else None


def role_of_session(arn: str) -> str:
    """The ARN of the role that a session ("arn:aws:sts::…:assumed-role/name/session") has assumed."""
    region, account_id, resource = _parse_arn(arn)
    name = (*resource.split("/"), "")[1]
    found = _found(_service("iam")._roles.get_scoped(account_id, region, name))
    return str(found["Arn"]) if found else f"arn:aws:iam::{account_id}:role/{name}"


def role_policies(arn: str) -> RolePolicies | None:
    """The policies of a role; None for no role. Unknown AWS managed policies count as allowing everything."""
    found = role(arn)
    if found is None:
        return None
    attached = [_managed_policy(each, arn.split(":")[4]) for each in found.get("AttachedPolicies", ())]
    documents = (*found.get("InlinePolicies", {}).values(), *attached)
    boundary = found.get("PermissionsBoundary")
    return RolePolicies(documents, _managed_policy(boundary, arn.split(":")[4]) if boundary else None)


def session_policies(given: Mapping[str, Any], account_id: str) -> tuple[Any, ...]:
    """The documents of the policies ("Policy", "PolicyArns") that were given to a session."""
    own = (given["Policy"],) if given.get("Policy") else ()
    return (*own, *(_managed_policy(arn, account_id) or {} for arn in given.get("PolicyArns") or ()))


def _managed_policy(arn: str, account_id: str) -> Any:
    document = _evaluator()._resolve_managed_policy_document(arn, account_id)
    if document is None and arn.split(":")[4:5] == ["aws"]:
        return _AWS_POLICIES.get(arn.partition(":policy/")[2], _EVERYTHING)
    return document


def resource_policy(arn: str) -> Any:
    """The policy of a queue, topic, bucket, object, function, key, secret, stream or role, or None."""
    service = arn.split(":")[2]
    if service == "iam":
        return (role(arn) or {}).get("AssumeRolePolicyDocument")
    found = _evaluator()._resource_policy(service, arn)
    return found[0] if found else None


def has_policy(arn: str) -> bool:
    """Whether a managed policy exists; AWS managed ones are assumed to."""
    return arn.split(":")[4:5] == ["aws"] or bool(_service("iam")._policy_exists(arn))


def kinesis_stream(arn: str) -> Record | None:
    """A stream of Kinesis, by its own ARN or a consumer's."""
    region, account_id, resource = _parse_arn(arn)
    name = resource.removeprefix("stream/").partition("/")[0]
    return _found(_service("kinesis")._streams.get_scoped(account_id, region, name))


def function(name: str, account_id: str = "", region: str = "") -> Record | None:
    """A Lambda function: config, code_zip, versions, aliases, policy, concurrency, tags and more."""
    store = _service("lambda_svc")._functions
    return _found(store.get_scoped(account_id, region, name) if account_id else store.get(name))


def functions() -> dict[str, Record]:
    """All functions of the account and region, by name."""
    return dict(_service("lambda_svc")._functions.items())


def function_url(name: str, qualifier: str = "") -> Record | None:
    """The URL of a function, or of one of its aliases."""
    lambda_svc = _service("lambda_svc")
    return _found(lambda_svc._function_urls.get(lambda_svc._url_config_key(name, qualifier)))


def layer_version(name: str, version: int, account_id: str, region: str) -> Record | None:
    """A version of a layer, unless it was deleted. Its content is under "_zip_data"."""
    layer = _found(_service("lambda_svc")._layers.get_scoped(account_id, region, name))
    versions: list[Record] = layer["versions"] if layer else []
    return next((each for each in versions if each["Version"] == version and not each.get("_deleted")), None)


def mappings() -> list[Record]:
    """All event source mappings of the account and region."""
    return list(_service("lambda_svc")._esms.values())


def bucket(name: str) -> Record | None:
    """An S3 bucket of any account: bucket names are global."""
    store = _service("s3")._buckets
    own = _found(store.get(name))
    if own is not None:
        return own
    return next((_found(each) for (_, other), each in list(store._data.items()) if other == name), None)


def was_completed(upload_id: str) -> bool:
    """Whether a multipart upload was completed, which may be requested again."""
    return upload_id in _service("s3")._completed_multipart_uploads


def has_object_lock(bucket_name: str) -> bool:
    """Whether a bucket has Object Lock."""
    return bucket_name in _service("s3")._bucket_object_lock


def s3_object(bucket_name: str, key: str, version_id: str = "") -> bytes | None:
    """The content of an object in a bucket of the account."""
    return cast("bytes | None", _service("s3")._get_object_data(bucket_name, key, version_id or None))


def queue(arn: str) -> Record | None:
    """An SQS queue. "attributes" are texts."""
    return _found(_service("sqs")._queue_by_arn(arn))


def rest_models(api_id: str) -> set[str]:
    """The names of a REST API's models."""
    models = _service("apigateway_v1")._models.get(api_id) or {}
    return {"Empty", "Error", *(each.get("name", "") for each in models.values())}


def alarm(name: str) -> Record | None:
    """An alarm of CloudWatch, plain or composite."""
    cloudwatch = _service("cloudwatch")
    return _found(cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name))


def table(name: str) -> Record | None:
    """A table of DynamoDB, by its name or ARN."""
    return _found(_service("dynamodb")._tables.get(name.rpartition(":table/")[2]))


def table_stream(arn: str) -> object:
    """A stream of DynamoDB, even if it is about to expire; None if it does not exist."""
    table = stream_table(arn)
    return _service("dynamodb").closed_stream(arn) if table is None else table


def event_bus(name: str) -> Record | None:
    """An event bus; the default one always exists."""
    return {"Name": name} if name == "default" else _found(_service("eventbridge")._event_buses.get(name))


def bus_statements(name: str) -> list[Record]:
    """The statements of the policy of a bus."""
    policy = _service("eventbridge")._event_bus_policies.get(name) or {}
    return list(policy.get("Statement", ()))


def rule(name: str, bus_name: str) -> Record | None:
    """A rule of EventBridge."""
    return _found(_service("eventbridge")._rules.get(f"{bus_name}|{name}"))


def rule_targets(name: str, bus_name: str) -> list[Record]:
    """The targets of a rule."""
    return list(_service("eventbridge")._targets.get(f"{bus_name}|{name}") or ())


def schedule_group(name: str) -> Record | None:
    """A schedule group; the default one always exists."""
    found = _found(_service("scheduler")._schedule_groups.get(name))
    return {"Name": name} if name == "default" and found is None else found


def topic(arn: str) -> Record | None:
    """An SNS topic. "attributes" are texts."""
    region, account_id, _ = _parse_arn(arn)
    return _found(_service("sns")._topics.get_scoped(account_id, region, arn))


def subscription(arn: str) -> Record | None:
    """An SNS subscription. "attributes" are texts."""
    region, account_id, _ = _parse_arn(arn)
    sns = _service("sns")
    topic_arn = sns._sub_arn_to_topic.get_scoped(account_id, region, arn)
    return _found(sns._find_subscription(topic_arn, arn)) if topic_arn else None


def secret_arn(name: str) -> str:
    """The ARN of a secret, from its name or a full or partial ARN; empty if it does not exist."""
    _, secret = _service("secretsmanager")._resolve(name)
    return str(secret["ARN"]) if secret else ""


def key_arn(name: str) -> str:
    """The ARN of a key of KMS, from its id, alias or ARN; empty if it does not exist."""
    key = _service("kms")._resolve_key(name)
    return str(key["Arn"]) if key else ""


def key_arn_of(ciphertext: bytes) -> str:
    """The ARN of the key that has encrypted a text; empty if it is none of a symmetric key."""
    return key_arn(ciphertext[:36].decode("utf-8", "ignore"))


def iam_arn(parameter: str, name: str) -> str:
    """The ARN of what a parameter of IAM names ("RoleName"); empty if it does not exist."""
    store = {"RoleName": "_roles", "UserName": "_users", "GroupName": "_groups"}.get(parameter)
    found = getattr(_service("iam"), store).get(name) if store else None
    return str(found["Arn"]) if found else ""


def iterated_stream(token: str) -> str:
    """The ARN of the table's stream that an iterator goes through; empty if it is not valid."""
    found = _service("dynamodb_streams")._decode_iterator(token) if token else None
    record = table(str(found["t"])) if found else None
    return str((record or {}).get("LatestStreamArn") or "")


def iterated_kinesis_stream(token: str) -> str:
    """The ARN of the Kinesis stream that an iterator goes through; empty if it is not valid."""
    found = _service("kinesis")._shard_iterators.get(token)
    return str(found["stream_arn"]) if found else ""


def platform_endpoints() -> list[Record]:
    """All endpoints of mobile push."""
    return list(_service("sns")._platform_endpoints.values())


def queue_at(url: str) -> Record | None:
    """The queue of a URL or name."""
    sqs = _service("sqs")
    try:
        return _found(sqs._get_q(url))
    except sqs._Err:
        return None


@functools.cache
def _evaluator() -> ModuleType:
    return importlib.import_module("ministack.core.iam_evaluator")


def service_of(arn: str) -> str:
    """The service in an ARN; empty if it has none."""
    return (*arn.split(":"), "", "", "")[2]


def _parse_arn(arn: str) -> tuple[str, str, str]:
    """Region, account and resource of an ARN; empty texts where it has none."""
    _, _, _, region, account_id, resource = (*arn.split(":", 5), *[""] * 6)[:6]
    return region, account_id, resource
