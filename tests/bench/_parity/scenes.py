"""What must be there before a recorded request, so that AWS's answer is the only right one.

Most of it follows from the request: what it names exists, unless AWS's answer says that it does not
(`ABSENT`) or the name says so itself (`NAMED_ABSENT`). What does not follow is a row of `SCENES`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench._parity.corpus import Case, short
from tests.bench._parity.place import plain_name, step_of_arn

# Kinds of things (steps of `World`) that an answer of AWS's says are not there.
ABSENT: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"^Function not found: \S+:function:[^:]+$", ("function",)),
    (r"^Function not found: \S+:function:[^:]+:\$LATEST$", ("function",)),
    (r"^Function does not exist$", ("alias", "version")),
    (r"^Functions from ", ("function",)),
    (r"^(Cannot find alias|Alias not found)", ("alias",)),
    (r"(Stream|Queue|Topic|Table) not found", ("stream", "table", "queue", "topic")),
    (r"S3 Error Code: NoSuchBucket", ("bucket", "object")),
    (r"S3 Error Code: NoSuchKey", ("object",)),
    (r"^The resource you requested does not exist", ("url", "permission", "alias", "version")),
    (r"doesn't have an EventInvokeConfig", ("eventconfig", "alias", "version")),
    (r"^Layer version .* does not exist", ()),
    (r"^Topic does not exist", ("topic",)),
    (r"^Subscription does not exist", ("subscription",)),
    (r"(The specified|^Specified) queue does not exist", ("queue",)),
    (r"^Event bus .* does not exist", ("bus",)),
    (r"^Rule .* does not exist", ("rule",)),
    (r"Archive .* does not exist", ("archive",)),
    (r"^The specified log group does not exist", ("loggroup", "logstream")),
    (r"^The specified log stream does not exist", ("logstream",)),
    (r"The role with name", ("role",)),
    (r"The user with name", ("user",)),
    (r"^Policy .* does not exist", ("policy",)),
    (r"^The specified bucket does not exist", ("bucket", "object")),
    (r"^The specified key does not exist", ("object",)),
    (r"^(Schedule|ScheduleGroup|Schedule group) .* does not exist", ("schedule",)),
    (r"^Invalid (API|REST API) identifier", ("api", "resource", "method")),
    (r"^Invalid Resource identifier", ("resource", "method")),
    (r"^Invalid Method identifier", ("method", "answer", "integration")),
    (r"^Invalid Integration identifier", ("integration",)),
    (r"^Invalid Response status code", ("answer",)),
    (r"^(PlatformApplication|Endpoint) does not exist", ("application", "endpoint")),
    (r"^No Provisioned Concurrency Config found", ("provisioned",)),
    (r"^No policy is associated", ("permission", "layergrant")),
    (r"not found$", ("table",)),
)
NAMED_ABSENT = re.compile(
    r"doesnot|doesnt|dont-?exist|not-?_?exist|non-?_?exist|unknown|fake|nonexisting|"
    r"random-non|123400000000|:aaaaaaaaaaaaaaaa|^a{40}|bad-(?:table|stream)|invalid-(?:stream|id)",
    re.IGNORECASE,
)

# Steps before the cases whose key has the words; "-kind" leaves out what would follow from the request.
SCENES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Lambda
    ("test_duplicate_event_source_mappings#error", ("mapping {FunctionName} {EventSourceArn}",)),
    ("test_event_source_mapping_default_batch_size#invalid-update", ("@queue_mapping",)),
    ("test_lambda_concurrency_block#", ("concurrency {FunctionName} 0",)),
    ("test_reserved_concurrency#exc_no_cap", ("concurrency {FunctionName} 0",)),
    ("test_ops_with_arn_qualifier_mismatch[delete_function]#match", ("-function",)),
    ("test_ops_with_arn_qualifier_mismatch", ("-function",)),
    ("test_function_lifecycle#delete_postdelete", ("-function",)),
    ("test_create_lambda_exceptions", ()),
    ("test_tag_exceptions#tag_lambda_qualifier", ("function {Resource}",)),
    ("test_permission_exceptions#add_permission_conflicting", ("permission {FunctionName} s3",)),
    ("test_permission_exceptions#remove_permission_fn_alias_doesnotexist", ("permission {FunctionName} s3",)),
    ("test_remove_multi_permissions#remove_permission_exception", ("permission {FunctionName} s1",)),
    ("test_lambda_permission_fn_versioning#get_policy_after", ("permission {FunctionName} s3",)),
    ("test_lambda_permission_fn_versioning#get_policy_after", ("version {FunctionName} 1",)),
    ("test_permission_exceptions#get_policy_fn_version", ("permission {FunctionName} s3", "-version")),
    ("test_permission_exceptions#add_permission_fn_version_doesnotexist", ("-version",)),
    ("test_permission_exceptions#add_permission_fn_qualifier_valid_doesnotexist", ("-alias",)),
    ("test_permission_exceptions#add_permission_fn_alias_doesnotexist", ("-alias",)),
    ("test_ops_on_nonexisting_version", ("-version",)),
    ("test_function_revisions_permissions#", ("permission {FunctionName} s1",)),
    ("test_alias_lifecycle#", ("-alias",)),
    ("test_notfound_and_invalid_routingconfigs#", ("version {FunctionName} 2", "-alias")),
    ("routingconfigs#routing_config_exc_already_exist", ("alias {FunctionName} custom 1",)),
    ("test_alias_naming#", ("version {FunctionName} 1", "-alias")),
    ("test_url_config_exceptions#update_function_url_config_config_doesnotexist", ()),
    ("test_url_config_exceptions#", ("version {FunctionName} 1",)),
    ("test_provisioned_concurrency_exceptions#", ("version {FunctionName} 1",)),
    ("test_provisioned_concurrency_exceptions#get_provisioned_version_doesnotexist", ("-version",)),
    ("test_provisioned_concurrency_exceptions#put_provisioned_version_doesnotexist", ("-version",)),
    ("test_provisioned_concurrency_exceptions#delete_provisioned_version_doesnotexist", ("-version",)),
    (
        "test_lambda_provisioned_lifecycle#put_provisioned_on_alias_versionconflict",
        ("alias {FunctionName} {Qualifier} 1", "provisioned {FunctionName} 1"),
    ),
    (
        "test_lambda_provisioned_lifecycle#put_provisioned_on_version_conflict",
        ("alias {FunctionName} live 1", "provisioned {FunctionName} live"),
    ),
    ("test_layer_policy_exceptions#layer_permission_duplicate", ("layergrant {LayerName} s1",)),
    ("test_layer_policy_exceptions#layer_permission_wrong_revision", ("layergrant {LayerName} s1",)),
    ("test_layer_policy_exceptions#layer_permission_statementid", ("layergrant {LayerName} s1",)),
    ("test_layer_policy_exceptions#", ("layer {LayerName}",)),
    ("test_create_event_source_validation", ()),
    ("test_invalid_vpc_config_security_group#", ("subnet subnet-7734dbb0",)),
    ("test_invalid_vpc_config_subnet#", ("securitygroup sg-00000001",)),
    ("test_function_name_and_qualifier_validation", ("function my-function",)),
    ("test_oversized_unzipped_lambda#", ("-object", "largeobject {Code.S3Bucket} {Code.S3Key}")),
    # SQS, SNS
    ("test_send_message_with_updated_maximum_message_size", ("@small_messages",)),
    ("test_create_topic_different_attrs#", ("topic {Name}",)),
    ("test_add_permission_errors#duplicate-label", ("@label",)),
    # EventBridge
    ("test_delete_rule_with_targets#", ("target {Name}",)),
    ("test_create_archive_error_duplicate[default]", ("archive {ArchiveName}",)),
    ("test_create_archive_error_duplicate[custom]", ("@archive_of_source",)),
    ("test_put_events_nonexistent_event_bus", ("-bus",)),
    ("tests_tag_list_untag_not_existing_resource", ("-rule",)),
    # Logs
    (
        "test_put_subscription_filter_limit_exceeded#",
        ("@two_filters",),
    ),
    # IAM
    ("test_create_role_with_malformed", ("-role",)),
)  # fmt: skip

# The parameters that name things, and the step that makes them.
_NAMED: tuple[tuple[str, str, str], ...] = (
    ("lambda", "LayerName", "layer"),
    ("lambda", "S3Bucket", "bucket"),
    ("s3", "Bucket", "bucket"),
    ("kinesis", "StreamName", "stream"),
    ("dynamodb", "TableName", "table"),
    ("logs", "logGroupName", "loggroup"),
    ("events", "EventBusName", "bus"),
    ("events", "Rule", "rule"),
    ("iam", "UserName", "user"),
    ("iam", "RoleName", "role"),
    ("iam", "GroupName", "group"),
    ("iam", "InstanceProfileName", "profile"),
    ("cloudwatch", "AlarmName", "alarm"),
    ("apigateway", "restApiId", "api"),
)
_NUMBERED = re.compile(r"(<[\w -]+):\d+>")
# A name that was cut in the recorded request. AWS makes nothing of such a length.
_TOO_LONG = re.compile(r"…\(\d+\)$")
_MAKES = re.compile(r"^(Create|PutRule$|PutMetricAlarm$|PutRole$)")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z-]+:[a-z0-9-]*:\d*:[A-Za-z0-9_./:$-]+")


def steps_for(case: Case) -> tuple[list[str], frozenset[str]]:
    """The steps before a case in their order, and the kinds of things that must not be made."""
    words = [
        *(step for key, steps in SCENES if key in short(case.key) for step in steps),
        *case.steps,
    ]
    absent = {word[1:] for word in words if word.startswith("-")}
    for pattern, kinds in ABSENT:
        if re.search(pattern, _NUMBERED.sub(r"\1>", case.refusal.message)):
            absent.update(kinds)
    own = [word for word in words if not word.startswith("-")]
    steps = [step for word in own for step in (_COMPOSED[word](case) if word in _COMPOSED else [word])]
    # What a scene asks for is made even if a like thing is absent ("Function not found: …:doesnotexist").
    absent -= {step.split(" ")[0] for step in steps}
    inferred = [step for step in _inferred(case) if not any(map(_is_absent, step.split(" ")[1:2]))]
    return [step for step in inferred if step.split(" ")[0] not in absent] + [
        step for step in steps if not _names_absent(step, case.request)
    ], frozenset(absent)


def _names_absent(step: str, request: Mapping[str, Any]) -> bool:
    match = re.search(r"\{(\w+)\}", step)
    return match is not None and _is_absent(str(request.get(match[1], "")))


def _is_absent(name: str) -> bool:
    return NAMED_ABSENT.search(name) is not None


def _inferred(case: Case) -> Iterator[str]:
    request, service = case.request, case.service
    makes = _MAKES.search(case.operation) is not None
    for text in _texts(request):
        for arn in [text] if text.startswith("arn:") else _ARN.findall(text):
            step = step_of_arn(arn)
            # The function that is being created under an ARN does not exist yet.
            if step and not (step.startswith("function ") and case.operation == "CreateFunction"):
                yield step
    if service == "lambda":
        yield from _lambda(case)
    for owner, parameter, kind in _NAMED:
        name = _found(request, parameter)
        is_own = makes and _creates(case.operation, kind)
        if owner == service and isinstance(name, str) and name and not is_own:
            if name.startswith("arn:") or _TOO_LONG.search(name):
                continue
            bus = request.get("EventBusName")
            yield f"{kind} {name} {bus}" if kind == "rule" and bus else f"{kind} {name}"
    if service == "s3" and case.operation == "CreateBucket":
        yield f"newbucket {request['Bucket']}"
    if service == "lambda" and isinstance(request.get("Code"), Mapping) and "S3Key" in request["Code"]:
        yield f"object {request['Code']['S3Bucket']} {request['Code']['S3Key']}"
    if service == "logs" and "logStreamName" in request and case.operation != "CreateLogStream":
        yield f"logstream {request['logGroupName']} {request['logStreamName']}"
    if service == "sqs" and "QueueUrl" in request:
        yield f"queue {request['QueueUrl'].rsplit('/', 1)[-1]}"
    if service == "events" and "Name" in request and not makes:
        kind = "bus" if case.operation.endswith("EventBus") else "rule"
        bus = request.get("EventBusName", "default")
        yield f"rule {request['Name']} {bus}" if kind == "rule" else f"bus {request['Name']}"
    if service == "apigateway":
        yield from _apigateway(case)


def _creates(operation: str, kind: str) -> bool:
    words = {"loggroup": "LogGroup", "alarm": "MetricAlarm", "profile": "InstanceProfile", "bus": "EventBus"}
    return operation.endswith(words.get(kind, kind.title()))


def _lambda(case: Case) -> Iterator[str]:
    request = case.request
    name = request.get("FunctionName")
    if not isinstance(name, str) or case.operation == "CreateFunction" or not name or "@" in name:
        return
    plain = plain_name(name)
    qualifier = str(request.get("Qualifier", ""))
    if not plain.startswith("arn:") and ":" in plain:
        plain, _, qualifier = plain.partition(":")
    elif name.startswith("arn:") and name.count(":") == 7:
        qualifier = qualifier or name.rsplit(":", 1)[1]
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", plain):
        return
    yield f"function {plain}"
    if case.operation in ("CreateAlias", "UpdateAlias"):
        return
    is_missing = case.refusal.message.endswith(f":{qualifier}")
    if qualifier.isdigit() and int(qualifier) < 4 and not is_missing:
        yield f"version {plain} {qualifier}"
    elif re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", qualifier) and not qualifier.isdigit() and not is_missing:
        yield f"alias {plain} {qualifier}"


def _apigateway(case: Case) -> Iterator[str]:
    request = case.request
    api, resource, method = (request.get(key) for key in ("restApiId", "resourceId", "httpMethod"))
    if not api or not re.fullmatch(r"[0-9a-fA-F]{8,10}", str(api)):
        return
    yield f"api {api}"
    if "modelName" in request and case.operation != "CreateModel":
        yield f"model {api} {request['modelName']}"
    if "requestValidatorId" in request and "RequestValidator" in case.operation:
        yield f"validator {api} {request['requestValidatorId']}"
    if "documentationPartId" in request and "_" not in str(request["documentationPartId"]):
        yield f"documented {api} {request['documentationPartId']}"
    if "stageName" in request and "Stage" in case.operation and case.operation != "CreateStage":
        yield f"stage {api} {request['stageName']}"
    if not resource or not re.fullmatch(r"[0-9a-f]{8,10}", str(resource)):
        return
    yield f"resource {api} {resource}"
    if method and case.operation != "PutMethod" and method.isalpha() and method != "WRONG":
        yield f"method {api} {resource} {method}"
        if "Response" in case.operation and case.operation != "PutMethodResponse":
            yield f"answer {api} {resource} {method}"
        if "Integration" in case.operation and case.operation != "PutIntegration":
            yield f"integration {api} {resource} {method}"


def _queue_mapping(case: Case) -> list[str]:
    source = "arn:aws:sqs:us-east-1:123456789012:parity-source"
    return [f"mapping {case.request['FunctionName']} {source} {case.request['UUID']}"]


def _small_messages(case: Case) -> list[str]:
    return [f"message_size {str(case.request['QueueUrl']).rsplit('/', 1)[-1]} 1024"]


def _label(case: Case) -> list[str]:
    return [f"label {str(case.request['TopicArn']).rsplit(':', 1)[-1]} {case.request['Label']}"]


def _archive_of_source(case: Case) -> list[str]:
    bus = str(case.request["EventSourceArn"]).rsplit("/", 1)[-1]
    return [f"archive {case.request['ArchiveName']} {bus}"]


def _two_filters(case: Case) -> list[str]:
    group, function = case.request["logGroupName"], case.request["destinationArn"]
    return [f"filter {group} {name} {function}" for name in ("test-1", "test-2")]


_COMPOSED = {
    "@two_filters": _two_filters,
    "@queue_mapping": _queue_mapping,
    "@small_messages": _small_messages,
    "@label": _label,
    "@archive_of_source": _archive_of_source,
}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _found(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        for member in value.values():
            found = _found(member, name)
            if found is not None:
                return found
    return None
