"""Amazon DynamoDB: the stream of a table.

Its steps create a table with a stream, enable a stream, and put a test item into the table.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.mapping import (
    BATCH_DEFAULT,
    Existence,
    MappingSource,
    arn_in,
    check_stream,
    destination_actions,
    explain_stream,
    patterns_of,
    paused_note,
)
from workbench.triggers.mappings import readers_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Fix,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
    block,
    chosen_of,
    source_fix,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import NewResource, name_of
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.steps import CREATION, Args, Once, Running, Step, StepRun
from workbench.triggers.test_events import NO_TEXTS, EventField, TestEvent, json_object_fault, texts_of

_BEST = "NEW_AND_OLD_IMAGES"
_READERS = 2
"""Recommended maximum of readers of a stream.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
_HOLDS = {
    "KEYS_ONLY": _("the keys of the changed item"),
    "NEW_IMAGE": _("the item after the change"),
    "OLD_IMAGE": _("the item before the change"),
    _BEST: _("the item before and after the change"),
}
_IMAGES = {"KEYS_ONLY": (), "NEW_IMAGE": ("NewImage",), "OLD_IMAGE": ("OldImage",)}
_KEPT_S = 86_400
"""Retention of records in a stream.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
TABLE_CREATE, TABLE_STREAM, PUT_ITEM = "table create", "table stream", "put item"
_MARK = "workbench-test"
"""The attribute that marks a test item."""
_ITEM_LIMIT_BYTES = 1024 * 1024
"""Of the JSON; DynamoDB counts names and values, 400 KB of them at most."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_KEY = "KeySchema"
"""Key of the value that `enrich` adds: name and type of each attribute of the table's key, as "id:S"."""
_IN_USE = (("ResourceInUseException", ""), ("LimitExceededException", ""))
_FAILED = "ConditionalCheckFailedException"


def _check_table(
    source_arn: str, table_arn: str, stream_arn: str, view_type: str, values: Values, others: Collection[str]
) -> Iterator[Finding]:
    """Checks DDB-NOSTREAM, DDB-TABLEARN, DDB-STALE, DDB-READERS and DDB-VIEW.

    Args:
        stream_arn: The enabled stream; empty if it is disabled.
        others: The other functions that the stream is polled for.
    """
    name = table_arn.rpartition("/")[2]
    if not stream_arn:
        yield block(
            "DDB-NOSTREAM",
            _("The stream of the table {name} is off.").format(name=name),
            _("Lambda reads the changes of a table from its stream. Choose what its records contain."),
            *(_turn_on(table_arn, each) for each in _view_types()),
        )
        return
    if source_arn != stream_arn:
        yield _another_arn(source_arn, table_arn, stream_arn)
    if len(others) >= _READERS:
        yield warn(
            "DDB-READERS",
            _("The stream of {name} also invokes {names}.").format(
                name=name, names=", ".join(sorted(others))
            ),
            _("More than {readers} readers of one stream are throttled.").format(readers=_READERS),
        )
    yield from _view(name, view_type, values)


def _another_arn(source_arn: str, table_arn: str, stream_arn: str) -> Finding:
    name = table_arn.rpartition("/")[2]
    fixes = (source_fix(_("Use the current stream"), DynamoDbSource.kind, stream_arn),)
    if source_arn == table_arn:
        return block(
            "DDB-TABLEARN",
            _("{source_arn} is the ARN of the table {name}, not of its stream.").format(
                source_arn=source_arn, name=name
            ),
            _("Lambda polls a stream, which has a separate ARN."),
            *fixes,
        )
    return block(
        "DDB-STALE",
        _("The stream {stream} of {name} is not the current one.").format(
            stream=source_arn.rpartition("/")[2], name=name
        ),
        _(
            "A stream that was turned off receives no more records, and a stream that is turned on "
            "has a new ARN."
        ),
        *fixes,
    )


def _view(name: str, view_type: str, values: Values) -> Iterator[Finding]:
    there = _IMAGES.get(view_type)
    if there is None:
        return
    missing = [each for each in ("NewImage", "OldImage") if each not in there]
    filtered = [each for each in missing if any(f'"{each}"' in text for text in patterns_of(values))]
    if filtered:
        yield warn(
            "DDB-VIEW",
            _("A filter uses {names}, which the stream of {name} does not contain.").format(
                names=" and ".join(filtered), name=name
            ),
            _("Its view type is {view_type}: records contain {holds}.").format(
                view_type=view_type, holds=_HOLDS[view_type]
            ),
        )
    elif not there:
        yield warn(
            "DDB-VIEW",
            _("The function receives {holds} of {name}, and no other attributes.").format(
                holds=_HOLDS[view_type], name=name
            ),
            _(
                "The stream's view type is {view_type}. To change it, turn the stream off and on again."
            ).format(view_type=view_type),
        )


def _view_types() -> tuple[str, ...]:
    """The view types of the service model, the most informative first."""
    return tuple(sorted(quotas.known_values("StreamViewType", "dynamodb"), key=lambda each: each != _BEST))


def _turn_on(table_arn: str, view_type: str) -> Fix:
    name, region = table_arn.rpartition("/")[2], table_arn.split(":")[3]
    step = Step(
        TABLE_STREAM,
        _("Turn on the stream of {name} with {view_type}").format(name=name, view_type=view_type),
        "dynamodb:UpdateTable",
        region,
        {"table": table_arn, "view_type": view_type},
        _("Turn off the stream"),
    )
    title = (
        _("Turn on the stream with {view_type}: records contain {content}")
        if view_type in _HOLDS
        else _("Turn on the stream with {view_type}")
    )
    return steps_fix(title.format(view_type=view_type, content=_HOLDS.get(view_type, "")), step)


@dataclass(frozen=True, slots=True)
class ObservedTable:
    """A table and its stream.

    Attributes:
        is_on: Whether the stream is enabled.
        view_type: What the records hold ("NEW_IMAGE"); empty if the stream is disabled.
        stream_arn: LatestStreamArn, which may be a disabled stream; empty if there never was one.
        readers: The functions that this stream is polled for, with their qualifiers.
    """

    arn: str
    is_on: bool
    view_type: str = ""
    stream_arn: str = ""
    readers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


class Table(NewResource):
    """A table with a stream. The stream's ARN is the fact that the mapping uses."""

    noun, service, action = _("table"), "dynamodb", TABLE_CREATE
    resource = "table/{name}"
    create_method, delete_method = "create_table", "delete_table"
    rule = _(
        "3 to 255 letters, digits, underscores, periods and hyphens. The partition key is the string “id”."
    )
    taken = ("ResourceInUseException", "TableAlreadyExistsException")

    def limit(self) -> quotas.TextLimit:
        return quotas.text_limit("TableName", "dynamodb")

    def exists(self, connection: Connection, arn: str, name: str) -> str:
        failure = _("Could not find the table {name}.").format(name=name)
        table = connection.call("dynamodb", "describe_table", failure=failure, TableName=name)["Table"]
        return str(table.get("LatestStreamArn") or arn)

    def request(self, args: Args, running: Running) -> dict[str, Any]:
        return {
            "TableName": name_of(args),
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        }

    def identity(self, args: Args, running: Running) -> dict[str, Any]:
        return {"TableName": name_of(args)}

    def ready(self, args: Args, running: Running) -> Facts:
        table = _settled(name_of(args), running)
        if not (arn := str(table.get("LatestStreamArn") or "")):
            raise WorkbenchError(
                _("The table {name} has no stream.").format(name=name_of(args)),
                _("A table with this name but without a stream was created in the meantime."),
                _("Go back and choose the table from the list."),
            )
        return {"arn": arn}

    def is_empty(self, args: Args, running: Running) -> bool:
        _settled(name_of(args), running)  # a table that is being created can be neither read nor deleted
        answer = self.read("scan", args, running, Limit=1, Select="COUNT", ConsistentRead=True)
        return not answer.get("Count")


class DynamoDbSource(MappingSource[ObservedTable]):
    """Streams of tables, which Lambda polls."""

    kind = SourceKind("dynamodb")
    title, icon = "DynamoDB Streams", "database"
    description = _("Changes to the items of a table, in order and in batches.")
    rule = Rule(_("table"), _("Amazon DynamoDB"), Model.PULL, account=Verdict.WARN)
    arn_service, arn_resource = "dynamodb", "table/"
    sample_event = "dynamodb-streams.json"
    new_resource = Table()
    removal_text = _("{removal} The table's stream stays on.").format(removal=MappingSource.removal_text)

    def existence(self, arn: Arn) -> Existence:
        return Existence("dynamodbstreams", "describe_stream", {"StreamArn": str(arn), "Limit": 1})

    def never_matches(self, pattern: str) -> str:
        if '"numeric"' not in pattern:
            return ""
        return _(
            "In DynamoDB records, numbers are strings ({“N”: [“12”]}), which “numeric” does not compare."
        )

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        return (source_arn, table_of(source_arn))

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The region's tables, each by its latest stream, or by its own ARN if it never had one."""
        streams = _streams(connection, ctx)
        for page in connection.paginate(
            "dynamodb", "list_tables", ctx=ctx, failure=_("Could not list the tables.")
        ):
            for name in page.get("TableNames") or ():
                arn = streams.get(name) or arn_in(connection, "dynamodb", f"table/{name}")
                detail = "" if name in streams else _("stream off")
                yield Candidate(self.kind, arn, name, Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The parameters of streams; AT_TIMESTAMP is not supported."""
        known = quotas.known_values("EventSourcePosition")
        positions = tuple(each for each in known if each != names.AT_TIMESTAMP)
        return (
            names.position_parameter(positions),
            *names.batch_parameters(BATCH_DEFAULT),
            *names.stream_parameters(),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedTable:
        ctx.check()
        arn = table_of(spec.source_arn)
        if spec.is_new:
            return ObservedTable(arn, True, "NEW_AND_OLD_IMAGES", spec.source_arn)
        table = _described(connection, _asked_name(connection, arn))
        observed = _table_of(table, arn)
        if not observed.is_on:
            return observed
        readers = readers_of(connection, observed.stream_arn, ctx)
        return ObservedTable(observed.arn, True, observed.view_type, observed.stream_arn, readers)

    def check(self, spec: TriggerSpec, observed: ObservedTable, function: ObservedFunction) -> Findings:
        """Checks DDB-*, STR-POISON, ranges and filters."""
        return (
            *_check_table(
                spec.source_arn,
                observed.arn,
                observed.stream_arn if observed.is_on else "",
                observed.view_type,
                spec.values,
                set(observed.readers) - {spec.target_name},
            ),
            *check_values(self.parameters(spec), spec.values),
            *check_stream(spec.values),
            *self.check_filters(spec.values),
        )

    def plan(self, spec: TriggerSpec, observed: ObservedTable) -> Steps:
        """Creates the mapping. If a step enables the stream first, the ARN is known only afterwards."""
        if spec.is_new:
            return (self.create_step(spec, observed.arn, TABLE_CREATE),)
        if observed.is_on:
            return (self.create_step(spec, spec.source_arn),)
        return (self.create_step(spec, observed.arn, TABLE_STREAM),)

    def role_actions(self, spec: TriggerSpec, observed: ObservedTable) -> tuple[tuple[str, str], ...]:
        """Reading the stream and writing to the on-failure destination."""
        is_known = observed.is_on and not spec.is_new
        stream = observed.stream_arn if is_known else f"{observed.arn}/stream/*"
        reading = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
        return (
            *((action, stream) for action in reading),
            ("dynamodb:ListStreams", "*"),
            *destination_actions(spec.values, names.ON_FAILURE),
        )

    managed_policy = "AWSLambdaDynamoDBExecutionRole"

    def test_event(self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS) -> TestEvent:
        """Puts an item, and deletes it."""
        arn = table_of(trigger.source_arn)
        location = Arn.parse(arn)
        key = _key_types(trigger.values)
        sample = {**_key(key, mark), _MARK: {"S": mark}}
        hint = _("In DynamoDB's JSON. A key that is left out is made up.")
        if key:
            names_of_key = ", ".join(f"{name} ({kind})" for name, kind in key.items())
            hint = _("In DynamoDB's JSON. The table's key: {key}.").format(key=names_of_key)
        fields = (
            EventField(
                "item",
                _("Item"),
                json.dumps(_for_json(sample), indent=2),
                _ITEM_LIMIT_BYTES,
                check=lambda text: _item_fault(text, key, mark),
                hint=hint,
            ),
        )
        step = Step(
            PUT_ITEM,
            _("Put a test item into {trigger}").format(trigger=trigger.name),
            "dynamodb:PutItem",
            location.region,
            {"table": arn, "mark": mark, **texts_of(fields, texts)},
            _("Delete the test item"),
        )
        warning = _(
            "Every reader of the table's stream receives both changes, and every reader of the table "
            "can see the item."
        )
        return TestEvent(
            _("Puts an item into {table}, and deletes it.").format(table=trigger.name),
            (step,),
            mark,
            f"{warning} {paused_note(trigger, 'record')}".strip(),
            fields,
            _("The test item is no longer in the table; the stream still has both changes."),
        )

    def enrich(self, connection: Connection, trigger: Trigger, ctx: JobContext) -> Trigger:
        ctx.check()
        try:
            table = _described(connection, _asked_name(connection, table_of(trigger.source_arn)))
        except WorkbenchError:
            return trigger
        key = tuple(f"{name}:{kind}" for name, kind in _key_of(table).items())
        return replace(trigger, values={**trigger.values, _KEY: key})

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        return explain_stream(
            trigger,
            function,
            _("Changes of one item are in order; different items are processed in parallel."),
            _KEPT_S,
        )


def _table_of(table: Mapping[str, Any], arn: str) -> ObservedTable:
    specification = table.get("StreamSpecification") or {}
    is_on = bool(specification.get("StreamEnabled"))
    return ObservedTable(
        arn,
        is_on,
        str(specification.get("StreamViewType") or "") if is_on else "",
        str(table.get("LatestStreamArn") or ""),
    )


def _streams(connection: Connection, ctx: JobContext) -> dict[str, str]:
    """The latest stream of each table that has one, or had one within the last day."""
    found: dict[str, str] = {}
    more: dict[str, Any] = {}
    while True:
        ctx.check()
        page = connection.call(
            "dynamodbstreams", "list_streams", failure=_("Could not list the streams of tables."), **more
        )
        for each in page.get("Streams") or ():
            name, arn = str(each["TableName"]), str(each["StreamArn"])
            found[name] = max(arn, found.get(name, ""))  # the ARN ends with when it was enabled
        if not (last := page.get("LastEvaluatedStreamArn")):
            return found
        more = {"ExclusiveStartStreamArn": last}


def table_of(arn: str) -> str:
    """The ARN of the table, from the ARN of a table or of its stream."""
    return arn.partition("/stream/")[0]


def _asked_name(connection: Connection, table_arn: str) -> str:
    """The TableName of a request: a name, or the ARN for a table of another account."""
    own = Arn.parse(table_arn).account_id == connection.account_id
    return table_arn.rpartition("/")[2] if own else table_arn


def _turn_stream_on(args: Args, running: Running) -> Facts:
    """Enables the stream with UpdateTable and waits until it exists. Facts: arn.

    Raises:
        WorkbenchError: AWS refused, or the stream is enabled with another view type.
        Cancelled: While it waits.
    """
    name, view_type = _asked_name(running.connection, args["table"]), args["view_type"]
    table = _described(running.connection, name)
    running.note({"was_on": _is_on(table), "before": str(table.get("LatestStreamArn") or "")})
    if not _is_on(table):
        _switch(name, {"StreamEnabled": True, "StreamViewType": view_type}, running)
        table = _settled(name, running)
    on_with = (table.get("StreamSpecification") or {}).get("StreamViewType")
    if on_with != view_type:
        raise WorkbenchError(
            _("The stream of {name} is on with {on_with}, not with {view_type}.").format(
                name=_bare(name), on_with=on_with, view_type=view_type
            ),
            _(
                "It was turned on in the meantime. A view type cannot be changed while the "
                "stream might have other readers."
            ),
            _("Read the table again, and use its current stream."),
        )
    return {"arn": str(table["LatestStreamArn"])}


def _turn_stream_off(args: Args, facts: Facts, running: Running) -> None:
    """Disables the stream that this run enabled, unless others read it."""
    if facts.get("was_on") is not False:
        return
    name = _asked_name(running.connection, args["table"])
    try:
        table = _settled(name, running)
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return
        raise
    stream_arn = str(table.get("LatestStreamArn") or "")
    if not _is_on(table) or stream_arn == facts.get("before"):
        return
    failure = _("Could not list the readers of the stream.")
    if running.listed(
        "lambda", "list_event_source_mappings", failure, "EventSourceMappings", EventSourceArn=stream_arn
    ):
        raise WorkbenchError(
            _("The stream of {bare} stays on.").format(bare=_bare(args["table"])),
            _("Another function now reads it."),
            _("Turn it off in the table's settings when it is no longer needed."),
        )
    _switch(name, {"StreamEnabled": False}, running)
    _settled(name, running)


def _put_item(args: Args, running: Running) -> Facts:
    """Puts the item with the mark; never overwrites one. What its key lacks is made up."""
    name, mark = _asked_name(running.connection, args["table"]), args["mark"]
    table = _described(running.connection, name)
    item = _for_boto(json.loads(args["item"]))
    key = {name: item.get(name, value) for name, value in _key(_key_of(table), mark).items()}
    running.note({"key": _noted(key)})
    request = {
        "TableName": name,
        "Item": {**item, **key, _MARK: {"S": mark}},
        "ConditionExpression": "attribute_not_exists(#key) OR #mark = :mark",
        "ExpressionAttributeNames": {"#key": table["KeySchema"][0]["AttributeName"], "#mark": _MARK},
        "ExpressionAttributeValues": {":mark": {"S": mark}},
    }
    try:
        running.call(
            "dynamodb",
            "put_item",
            _("Could not put a test item into {name}.").format(name=_bare(name)),
            **request,
        )
    except WorkbenchError as error:
        if error.aws_code == _FAILED:
            error.why = _("The table already has an item with this key.")
            error.remedy = _("Use another key: a test event never overwrites an item.")
        raise
    return {}


def _delete_item(args: Args, facts: Facts, running: Running) -> None:
    """Deletes the item if it still has the mark."""
    key = facts.get("key")
    if not isinstance(key, dict):
        return
    request = {
        "TableName": _asked_name(running.connection, args["table"]),
        "Key": _sent(key),
        "ConditionExpression": "#mark = :mark",
        "ExpressionAttributeNames": {"#mark": _MARK},
        "ExpressionAttributeValues": {":mark": {"S": args["mark"]}},
    }
    failure = _("Could not delete the test item from {bare}.").format(bare=_bare(args["table"]))
    try:
        running.find("dynamodb", "delete_item", failure, **request)
    except WorkbenchError as error:
        if error.aws_code != _FAILED:
            raise


def _described(connection: Connection, name: str) -> dict[str, Any]:
    failure = _("Could not read the table {name}.").format(name=_bare(name))
    return dict(connection.call("dynamodb", "describe_table", failure=failure, TableName=name)["Table"])


def _is_on(table: Mapping[str, Any]) -> bool:
    return bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))


def _switch(name: str, specification: Mapping[str, Any], running: Running) -> None:
    failure = _("Could not turn off the stream of {name}.").format(name=_bare(name))
    if specification["StreamEnabled"]:
        failure = _("Could not turn on the stream of {name}.").format(name=_bare(name))
    request = {"TableName": name, "StreamSpecification": dict(specification)}
    running.call("dynamodb", "update_table", failure, _IN_USE, **request)


def _settled(name: str, running: Running) -> dict[str, Any]:
    """Waits until the table is ACTIVE and an enabled stream exists. Raises WorkbenchError, Cancelled."""

    def is_settled(table: Mapping[str, Any]) -> bool:
        return table.get("TableStatus") == "ACTIVE" and bool(
            not _is_on(table) or table.get("LatestStreamArn")
        )

    table = poll(
        lambda: _described(running.connection, name),
        is_settled,
        running.ctx,
        CREATION,
        lambda table: running.ctx.progress(
            0, 0, _("Table {name}: {status}").format(name=_bare(name), status=table.get("TableStatus") or "")
        ),
    )
    if is_settled(table):
        return table
    status = str(table.get("TableStatus") or "")
    raise WorkbenchError(
        _("The table {name} is still {status}.").format(name=_bare(name), status=status),
        _("AWS has been working on it for five minutes."),
        _("Check again later."),
        f"TableStatus={status}",
    )


def _key_of(table: Mapping[str, Any]) -> dict[str, str]:
    """The types of the attributes of a table's key, by name."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions") or ()}
    return {each["AttributeName"]: types.get(each["AttributeName"], "S") for each in table["KeySchema"]}


def _key_types(values: Values) -> dict[str, str]:
    """The same from the values that `enrich` has added; empty if the table may not be read."""
    pairs = (each.rpartition(":") for each in chosen_of(values, _KEY))
    return {name: kind for name, __, kind in pairs}


def _key(types: Mapping[str, str], mark: str) -> dict[str, dict[str, Any]]:
    """A key that is unlikely to exist."""
    import hashlib

    digest = hashlib.sha256(mark.encode())
    made = {"S": mark, "N": str(int(digest.hexdigest()[:15], 16)), "B": digest.digest()}
    return {name: {kind: made[kind]} for name, kind in types.items()}


def _noted(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key for the journal: bytes are hexadecimal digits."""
    return {
        name: {kind: value.hex() if kind == "B" else value for kind, value in each.items()}
        for name, each in key.items()
    }


def _sent(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key of the journal for a request."""
    return {
        name: {kind: bytes.fromhex(value) if kind == "B" else value for kind, value in each.items()}
        for name, each in key.items()
    }


def _for_json(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Attributes in DynamoDB's JSON, in which bytes are Base64."""
    return {
        name: {kind: b64encode(value).decode() if kind == "B" else value for kind, value in each.items()}
        for name, each in item.items()
    }


def _for_boto(item: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of an item in DynamoDB's JSON, for a request. Raises ValueError if they are none."""
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case {"S": str()} | {"BOOL": bool()} | {"NULL": True} if len(value) == 1:
            return dict(value)
        case {"N": str(number)} if len(value) == 1 and _NUMBER.fullmatch(number):
            return {"N": number}
        case {"B": str(text)} if len(value) == 1:
            return {"B": b64decode(text, validate=True)}
        case {"SS": list()} | {"NS": list()} | {"BS": list()} if len(value) == 1:
            ((kind, each),) = value.items()
            return {kind: [_attribute({kind[0]: one})[kind[0]] for one in each]}
        case {"L": list(each)} if len(value) == 1:
            return {"L": [_attribute(one) for one in each]}
        case {"M": dict(each)} if len(value) == 1:
            return {"M": _for_boto(each)}
    raise ValueError(value)


def _item_fault(text: str, key: Mapping[str, str], mark: str) -> str:
    """Why DynamoDB would refuse an item, or the test cannot tell it from others."""
    if fault := json_object_fault(text):
        return fault
    item: dict[str, Any] = json.loads(text)
    for name, value in item.items():
        try:
            _attribute(value)
        except (ValueError, RecursionError):
            example = '"color": {"S": "red"}, "size": {"N": "5"}'
            return _("The value of “{name}” is not in DynamoDB's JSON. Write {example}.").format(
                name=name[:60], example=example
            )
    for name, kind in key.items():
        if name in item and not item[name].get(kind):
            return _("“{name}” is part of the key: its type is {kind}, and it must not be empty.").format(
                name=name, kind=kind
            )
    if item.get(_MARK, {"S": mark}) != {"S": mark}:
        return _("The attribute {name} marks the test's item and must not be changed.").format(name=_MARK)
    return ""


def _bare(table: str) -> str:
    return table.rpartition("/")[2]


RUNS: Mapping[str, StepRun] = {
    TABLE_CREATE: Table(),
    TABLE_STREAM: Once(_turn_stream_on, _turn_stream_off),
    PUT_ITEM: Once(_put_item, _delete_item),
}
