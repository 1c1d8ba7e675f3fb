"""Lambda's recorded answers (answers.json): which fields they have.

Each call is made again, with what the recorded answer says was asked (runtime, handler, environment…), and
the answer must have the recorded fields, none missing and none more, at every depth; more may be what a later
recording of the same operation has. Values are not compared, nor AWS's metadata. Answers of other things that
the tests recorded under Lambda's name (pages of function URLs, log lines) are left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from tests.bench._parity.corpus import RECORDED_ACCOUNT, read, short
from tests.bench._parity.lambda_things import package
from tests.bench._parity.place import ROLE
from tests.bench._parity.servers import Server
from tests.bench._parity.world import World

Answer = Mapping[str, Any]
_FN = {"FunctionName": "fn"}
_LAYER = {"LayerName": "layer", "VersionNumber": 1}
_CONFIG = f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:code-signing-config:csc-aaaaaaaaaaaaaaaaa"
_SIGNER = f"arn:aws:signer:us-east-1:{RECORDED_ACCOUNT}:/signing-profiles/test"
_SETTINGS = (
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "Architectures",
    "EphemeralStorage",
    "TracingConfig",
)


@dataclass(frozen=True, slots=True)
class Call:
    """How a recorded answer is asked for again; without one, the operation's own of `_CALLS`."""

    request: Mapping[str, Any]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A recorded answer beside the Sandbox's; `misses`: "missing X", "more Y", or how it failed."""

    key: str
    operation: str
    misses: tuple[str, ...]


_CALLS: dict[str, Call] = {
    "AddLayerVersionPermission": Call(
        _LAYER | {"StatementId": "s1", "Action": "lambda:GetLayerVersion", "Principal": "*"}, ("layer layer",)
    ),
    "AddPermission": Call(
        _FN
        | {
            "StatementId": "s1",
            "Action": "lambda:InvokeFunction",
            "Principal": "logs.us-east-1.amazonaws.com",
            "SourceAccount": RECORDED_ACCOUNT,
            "SourceArn": f"arn:aws:logs:us-east-1:{RECORDED_ACCOUNT}:log-group:group:*",
        },
        ("function fn",),
    ),
    "CreateAlias": Call(_FN | {"Name": "live", "FunctionVersion": "1"}, ("version fn 2",)),
    "CreateCodeSigningConfig": Call(
        {
            "AllowedPublishers": {"SigningProfileVersionArns": [_SIGNER]},
            "Description": "x",
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        }
    ),
    "CreateFunctionUrlConfig": Call(_FN | {"AuthType": "NONE"}, ("function fn",)),
    "DeleteAlias": Call(_FN | {"Name": "live"}, ("alias fn live",)),
    "DeleteEventSourceMapping": Call({"UUID": "uuid"}),
    "DeleteFunction": Call(_FN, ("function fn",)),
    "DeleteFunctionCodeSigningConfig": Call(_FN, ("function fn",)),
    "DeleteFunctionConcurrency": Call(_FN, ("concurrency fn 1",)),
    "DeleteFunctionUrlConfig": Call(_FN, ("url fn",)),
    "DeleteProvisionedConcurrencyConfig": Call(
        _FN | {"Qualifier": "1"}, ("version fn 1", "provisioned fn 1")
    ),
    "GetAlias": Call(_FN | {"Name": "live"}, ("alias fn live",)),
    "GetEventSourceMapping": Call({"UUID": "uuid"}),
    "GetFunctionCodeSigningConfig": Call(_FN, ("function fn",)),
    "GetFunctionConcurrency": Call(_FN, ("function fn",)),
    "GetFunctionRecursionConfig": Call(_FN, ("function fn",)),
    "GetFunctionUrlConfig": Call(_FN, ("url fn",)),
    "GetLayerVersion": Call(_LAYER, ("layer layer",)),
    "GetLayerVersionByArn": Call(
        {"Arn": f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:layer:layer:1"}, ("layer layer",)
    ),
    "GetLayerVersionPolicy": Call(_LAYER, ("layergrant layer s1",)),
    "GetPolicy": Call(_FN, ("permission fn s3",)),
    "GetProvisionedConcurrencyConfig": Call(_FN | {"Qualifier": "1"}, ("version fn 1", "provisioned fn 1")),
    "Invoke": Call(_FN | {"Payload": b"{}"}, ("function fn",)),
    "ListAliases": Call(
        _FN, ("version fn 2", "alias fn aliasname1_1 1", "alias fn aliasname1_2 1", "alias fn aliasname2 1")
    ),
    "ListFunctionUrlConfigs": Call(_FN, ("function fn",)),
    "ListFunctionsByCodeSigningConfig": Call({"CodeSigningConfigArn": _CONFIG}, (f"signing {_CONFIG}",)),
    "ListProvisionedConcurrencyConfigs": Call(_FN, ("function fn",)),
    "PublishLayerVersion": Call({"LayerName": "layer", "Content": {"ZipFile": package()}}),
    "PutFunctionConcurrency": Call(_FN | {"ReservedConcurrentExecutions": 1}, ("function fn",)),
    "PutFunctionRecursionConfig": Call(_FN | {"RecursiveLoop": "Allow"}, ("function fn",)),
    "PutProvisionedConcurrencyConfig": Call(
        _FN | {"Qualifier": "1", "ProvisionedConcurrentExecutions": 1}, ("version fn 1",)
    ),
    "RemoveLayerVersionPermission": Call(_LAYER | {"StatementId": "s1"}, ("layergrant layer s1",)),
    "TagResource": Call(
        {"Resource": f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:function:fn", "Tags": {"a": "b"}},
        ("function fn",),
    ),
    "UntagResource": Call(
        {"Resource": f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:function:fn", "TagKeys": ["a"]},
        ("function fn",),
    ),
    "UpdateAlias": Call(_FN | {"Name": "live", "FunctionVersion": "2"}, ("version fn 2", "alias fn live 1")),
    "UpdateCodeSigningConfig": Call({"CodeSigningConfigArn": _CONFIG}, (f"signing {_CONFIG}",)),
    "UpdateFunctionUrlConfig": Call(_FN | {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}, ("url fn",)),
}
# Answers that are something else than the operation's.
_NOT_ANSWERS = (
    "lambda_url_invocation",
    "lambda-response-dlq-config",
    "#logs",
    "lambda_url_invocation_missing",
    "#invocation_result_payload",
    "uncaught_exception_invoke[provided.al2]#error_result",
    "#lambda-init-inspection",
)
# What of a request the answer does not tell.
_MORE: dict[str, Call] = {
    "#invoke_result": Call(_FN | {"InvocationType": "Event"}, ("function fn",)),
    "#publish_result": Call(
        {
            "LayerName": "layer",
            "Content": {"ZipFile": package()},
            "Description": "x",
            "LicenseInfo": "x",
            "CompatibleRuntimes": ["python3.12"],
            "CompatibleArchitectures": ["x86_64"],
        }
    ),
    "#get_function_concurrency": Call(_FN, ("concurrency fn 1",)),
    "#get_function_concurrency_after_delete": Call(_FN, ("function fn",)),
    "#create_lambda_url_config": Call(_FN | {"AuthType": "NONE", "InvokeMode": "BUFFERED"}, ("function fn",)),
    "test_notfound_and_invalid_routingconfigs#create_alias": Call(
        _FN
        | {
            "Name": "custom",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}},
        },
        ("version fn 2",),
    ),
    "#get_alias_1_1": Call(_FN | {"Name": "live"}, ("weighted fn live",)),
    "#list_aliases_for_fnname": Call(
        _FN, ("weighted fn aliasname1_1", "alias fn aliasname1_2 1", "alias fn aliasname2 1")
    ),
    "#get_layer_ver_result": Call(_LAYER, ("describedlayer layer",)),
    "#get_layer_by_arn_version": Call(
        {"Arn": f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:layer:layer:1"}, ("describedlayer layer",)
    ),
}


def compare_all(server: Server, words: str = "") -> list[Compared]:
    """Asks for Lambda's recorded answers whose key has the words, and compares their fields."""
    return [
        Compared(short(key), operation, tuple(_misses(server, short(key), operation, answer, later)))
        for key, operation, answer, later in _recorded()
        if words in key
    ]


def _recorded() -> Iterator[tuple[str, str, Answer, frozenset[str]]]:
    """Keys, operations, answers, and the fields that a later answer of the operation has."""
    for name, answers in read("answers.json").items():
        service, operation = name.split(".")
        for each in answers if service == "lambda" else ():
            answer = {key: value for key, value in each["answer"].items() if key != "ResponseMetadata"}
            is_refusal = {"Code", "Message"} <= answer.keys()
            if not is_refusal and not any(words in short(each["from"]) for words in _NOT_ANSWERS):
                after = [other["answer"] for other in answers if other["validated"] > each["validated"]]
                later = frozenset(path for other in after for path in _paths(other, ""))
                yield each["from"], operation, answer, later


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield path + name
            yield from _paths(member, f"{path}{name}.")


def _misses(
    server: Server, key: str, operation: str, recorded: Answer, later: frozenset[str]
) -> Iterator[str]:
    account, client = server.account()
    world = World(account, client, frozenset())
    try:
        found = _ask(world, key, operation, recorded)
    except Exception as error:  # noqa: BLE001 - whatever happens is a miss
        yield f"{type(error).__name__}: {error}"
        return
    found = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    for miss in _differences(recorded, _parsed(found), ""):
        if miss.removeprefix("more ") not in later:
            yield miss


def _ask(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    own = _OF_FUNCTIONS.get(operation) or (_mapping if operation.endswith("EventSourceMapping") else None)
    if own is not None:
        return own(world, key, operation, recorded)
    # The longest words that fit: "#get_function_concurrency_after_delete" before "#get_function_concurrency".
    fitting = sorted((words for words in _MORE if words in key), key=len)
    call = _MORE[fitting[-1]] if fitting else _CALLS[operation]
    for step in call.steps:
        world.make(step, {})
    request = world.substituted(call.request)
    answer: Answer = getattr(world.client("lambda"), xform_name(operation))(**request)
    return answer


def _settings(world: World, answer: Answer) -> dict[str, Any]:
    """The settings with which a function was made, as its recorded configuration shows them."""
    asked = {name: answer[name] for name in _SETTINGS if name in answer and not _is_placeholder(answer[name])}
    runtime = str(answer.get("Runtime", "python3.12"))
    asked["Runtime"] = runtime if not _is_placeholder(runtime) else "python3.12"
    if answer.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        asked["SnapStart"] = {"ApplyOn": "PublishedVersions"}
    if answer.get("VpcConfig", {}).get("SubnetIds"):
        world.make("subnet subnet", {})
        world.make("securitygroup group", {})
        asked["VpcConfig"] = {
            "SubnetIds": [world.names["subnet"]],
            "SecurityGroupIds": [world.names["group"]],
        }
    if answer.get("Layers"):
        world.make("layer layer", {})
        asked["Layers"] = [world.arn("lambda", "layer:layer:1")]
    return asked


def _create(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    world.make(f"role {ROLE}", {})
    answer: Answer = world.client("lambda").create_function(
        **({"Handler": "index.handler"} | _settings(world, recorded)),
        FunctionName="fn",
        Role=world.arn("iam", f"role/{ROLE}"),
        Code={"ZipFile": package()},
    )
    return answer


def _get(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    configuration = recorded.get("Configuration", recorded)
    _create(world, key, operation, configuration)
    world.settle("fn")
    client = world.client("lambda")
    if "Concurrency" in recorded:
        client.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=3)
    if "Tags" in recorded:
        client.tag_resource(Resource=world.arn("lambda", "function:fn"), Tags=recorded["Tags"])
    arn = str(configuration["FunctionArn"])
    if arn.endswith(":1") and operation != "PublishVersion":
        client.publish_version(FunctionName="fn")
    request = {"FunctionName": "fn"}
    if operation != "PublishVersion" and arn.endswith((":1", ":$LATEST")):
        request["Qualifier"] = arn.rsplit(":", 1)[1]
    answer: Answer = getattr(client, xform_name(operation))(**request)
    return answer


def _list(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    _create(world, key, operation, recorded["Functions"][0])
    world.settle("fn")
    return dict(world.client("lambda").list_functions(FunctionVersion="ALL"))


def _update(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    _create(
        world, key, operation, recorded if operation == "UpdateFunctionCode" else {**recorded, "Layers": []}
    )
    world.settle("fn")
    client = world.client("lambda")
    if operation == "UpdateFunctionCode":
        code = package("def handler(event, context):\n    return 2\n")
        publish = str(recorded["FunctionArn"]).endswith(":1")
        answer: Answer = client.update_function_code(FunctionName="fn", ZipFile=code, Publish=publish)
        return answer
    settings = _settings(world, recorded)
    changed: dict[str, Any] = {each: settings[each] for each in ("Layers", "VpcConfig") if each in settings}
    return dict(client.update_function_configuration(FunctionName="fn", **(changed or {"Timeout": 10})))


def _mapping(world: World, key: str, operation: str, recorded: Answer) -> Answer:
    world.make("function fn", {})
    source = str(recorded["EventSourceArn"])
    more: dict[str, Any] = {} if ":sqs:" in source else {"StartingPosition": "TRIM_HORIZON"}
    if "FilterCriteria" in recorded:
        patterns = [json.dumps(each["Pattern"]) for each in recorded["FilterCriteria"].get("Filters", ())]
        more["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in patterns]}
    if "ScalingConfig" in recorded:
        more["ScalingConfig"] = recorded["ScalingConfig"]
    if recorded.get("DestinationConfig", {}).get("OnFailure"):
        world.make("queue failed", {})
        more["DestinationConfig"] = {"OnFailure": {"Destination": world.arn("sqs", "failed")}}
    if ":sqs:" in source:
        world.make("queue source", {})
        arn = world.arn("sqs", "source")
    elif ":kinesis:" in source:
        world.make("stream source", {})
        arn = world.arn("kinesis", "stream/source")
    else:
        world.make("table source label", {})
        arn = world.arn("dynamodb", f"table/source/stream/{world.names['label']}")
    size = recorded["BatchSize"]
    if size > 10 and ":sqs:" in source:
        more["MaximumBatchingWindowInSeconds"] = 1
    client = world.client("lambda")
    answer: Answer = client.create_event_source_mapping(
        FunctionName="fn", EventSourceArn=arn, BatchSize=size, **more
    )
    if operation == "CreateEventSourceMapping":
        return answer
    uuid = answer["UUID"]
    world.until(lambda: client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled")
    change = {"BatchSize": size} if operation == "UpdateEventSourceMapping" else {}
    return dict(getattr(client, xform_name(operation))(UUID=uuid, **change))


_OF_FUNCTIONS: dict[str, Callable[[World, str, str, Answer], Answer]] = {
    "CreateFunction": _create,
    "GetFunction": _get,
    "GetFunctionConfiguration": _get,
    "ListFunctions": _list,
    "PublishVersion": _get,
    "UpdateFunctionCode": _update,
    "UpdateFunctionConfiguration": _update,
}


def _differences(recorded: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(recorded, Mapping) and isinstance(found, Mapping):
        for name in sorted(recorded.keys() - found.keys()):
            yield f"missing {path}{name}"
        for name in sorted(found.keys() - recorded.keys()):
            yield f"more {path}{name}"
        for name in recorded.keys() & found.keys():
            yield from _differences(recorded[name], found[name], f"{path}{name}.")
    elif isinstance(recorded, list) and isinstance(found, list) and recorded and found:
        yield from _differences(recorded[0], found[0], f"{path}0.")


def _parsed(value: Any) -> Any:
    """An answer whose JSON texts are what they hold, as the recorded ones are."""
    if isinstance(value, Mapping):
        return {name: _parsed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_parsed(member) for member in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _is_placeholder(value: object) -> bool:
    return isinstance(value, str) and value.startswith("<")
