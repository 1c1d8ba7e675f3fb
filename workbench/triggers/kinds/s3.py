"""Amazon S3: a bucket that notifies a function of its objects."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from mimetypes import guess_type

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.quotas import known_values
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.account_resources import NO_BUCKET, bucket_home
from workbench.functions.roles import read_policies
from workbench.triggers.grants import as_list
from workbench.triggers.kinds.source import (
    BY_POLICY,
    Source,
    explain_async,
    linked,
    names_many,
    naming,
    qualifier_of,
    source_retries,
    unknown,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Fix,
    FixKind,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    WantedGrant,
    block,
    edit_fix,
    source_fix,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import Bucket
from workbench.triggers.parameter import Entry as Kind
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.role import simulate
from workbench.triggers.steps import Step
from workbench.triggers.steps.s3 import (
    ALL_CREATED,
    KEY_LIMIT,
    LAMBDA,
    Change,
    Configuration,
    change_step,
    changed,
    describe,
    destination,
    entries,
    events_of,
    find_entry,
    fingerprint,
    includes,
    notification_step,
    object_step,
    read_configuration,
    rule_value,
    values_of,
    wanted_entry,
)
from workbench.triggers.test_events import NO_TEXTS, EventField, TestEvent, content_type_field, texts_of
from workbench_sandbox.rules.iam import like
from workbench_sandbox.rules.notifications import Entry, overlap


def bucket_of(arn: str) -> str:
    """The name in a bucket's ARN."""
    return arn.split(":", 5)[-1]


def check_filter(spec: TriggerSpec) -> Iterator[Finding]:
    """Checks S3-EVENTS and S3-FILTER."""
    if not events_of(spec.values):
        what = _("No event type is chosen for the bucket {source_arn}.").format(
            source_arn=bucket_of(spec.source_arn)
        )
        yield block("S3-EVENTS", what, _("A rule needs at least one event type."))
    for name in ("Prefix", "Suffix"):
        text = str(spec.values.get(name) or "")
        if "*" in text:
            fix = edit_fix(_("Remove the *"), {name: text.replace("*", "")})
            what = _("The {parameter} “{text}” contains a *.").format(parameter=name.lower(), text=text)
            why = _(
                "S3 does not support wildcards here: a prefix matches any end, and a suffix "
                "matches any beginning."
            )
            yield block("S3-FILTER", what, why, fix)
        elif len(rule_value(text)) > KEY_LIMIT:
            what = _("The {parameter} has {count:,} characters after URL encoding.").format(
                parameter=name.lower(), count=len(rule_value(text))
            )
            yield block("S3-FILTER", what, _("S3 allows at most {key_limit:,}.").format(key_limit=KEY_LIMIT))


def _check_overlap(spec: TriggerSpec, configuration: Configuration) -> Iterator[Finding]:
    """Checks S3-OVERLAP, against the entries for functions, queues and topics."""
    mine = wanted_entry(spec)
    edited = spec.identity
    for other in entries(configuration):
        if (edited and other.get("Id") == edited) or not overlap(mine, other):
            continue
        yield block(
            "S3-OVERLAP",
            _("The new rule {mine} overlaps the rule {other} of the bucket {source_arn}.").format(
                mine=describe(mine), other=describe(other), source_arn=bucket_of(spec.source_arn)
            ),
            _(
                "S3 rejects two rules that match the same event of one object. Choose a prefix, "
                "a suffix or events that do not overlap."
            ),
            *_fixes(spec, configuration, other),
        )


def _fixes(spec: TriggerSpec, configuration: Configuration, other: Entry) -> tuple[Fix, ...]:
    """What works instead of a rule that overlaps another one; a prefix is tried against the whole bucket."""
    fixes = []
    if prefix := _free_prefix(spec, configuration):
        fixes.append(edit_fix(_("Use the prefix {prefix}").format(prefix=prefix), {"Prefix": prefix}))
    if qualifier_of(destination(other), spec.function.function_arn) is not None:
        title, identity = _("Open the existing trigger"), str(other.get("Id", ""))
        fixes.append(Fix(FixKind.OPEN_EXISTING, title, text=identity))
    if not spec.identity:
        fixes.append(source_fix(_("Choose or create another bucket"), S3Source.kind))
    return tuple(fixes)


def _free_prefix(spec: TriggerSpec, configuration: Configuration) -> str:
    """A prefix with which the rule overlaps no other one; empty where there is none."""
    others = [each for each in entries(configuration) if each.get("Id") != (spec.identity or None)]
    name = spec.function.function_name
    for prefix in (f"{name}/", f"{name}-2/"):
        mine = wanted_entry(replace(spec, values={**spec.values, "Prefix": prefix}))
        if not any(overlap(mine, each) for each in others):
            return prefix
    return ""


def _check_loop(spec: TriggerSpec, role_may_write: bool | None) -> Iterator[Finding]:
    """Checks S3-LOOP."""
    if not role_may_write:
        return
    bucket = bucket_of(spec.source_arn)
    yield warn(
        "S3-LOOP",
        _("{function_name} can write objects to {bucket} that invoke it again.").format(
            function_name=spec.function.function_name, bucket=bucket
        ),
        _(
            "Its execution role allows s3:PutObject for keys that this rule matches. Each invocation could "
            "cause the next one; Lambda stops such a loop after about 16 iterations."
        ),
    )


def parameters() -> tuple[Parameter, ...]:
    """What may be set of a rule."""
    return (
        Parameter(
            "Events",
            _("Event types"),
            Kind.CHOICES,
            (ALL_CREATED,),
            required=True,
            choices=_event_types(),
            is_open=True,
            pattern=r"s3:[A-Za-z]+(:([A-Za-z]+|\*))?",
            help=_("The object events that invoke the function."),
        ),
        Parameter(
            "Prefix",
            _("Prefix"),
            Kind.TEXT,
            minimum=0,
            maximum=KEY_LIMIT,
            help=_("Only objects whose key begins with this text, not URL-encoded: images/"),
        ),
        Parameter(
            "Suffix",
            _("Suffix"),
            Kind.TEXT,
            minimum=0,
            maximum=KEY_LIMIT,
            help=_("Only objects whose key ends with this text: .jpg"),
        ),
        Parameter(
            "SourceAccount",
            _("Bucket owner"),
            Kind.TEXT,
            pattern=r"\d{12}",
            create_only=True,
            advanced=True,
            help=_("The account that owns the bucket, if it is not your own."),
        ),
    )


def _event_types() -> tuple[str, ...]:
    """The event types of the service model, the common ones first."""
    usual = ("s3:ObjectCreated:", "s3:ObjectRemoved:")
    known = known_values("Event", "s3")
    return (
        *(each for each in known if each.startswith(usual)),
        *(e for e in known if not e.startswith(usual)),
    )


_WRITE = "s3:PutObject"
_CAUSED = (
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
)
"""Events that a role with s3:PutObject can cause."""
_MAX_KEYS = 4


def _may_write(connection: Connection, spec: TriggerSpec, ctx: JobContext) -> bool | None:
    """Whether the execution role may put an object that the rule matches.

    A key made of the rule's prefix and suffix is tried first. Then keys below the paths in the role's
    policies are tried, for a rule with a wide filter and a role that may write to one folder only.

    Returns:
        None if IAM may not be asked, or if the rule is about other events.
    """
    if not includes(events_of(spec.values), *_CAUSED) or not spec.function.role_arn:
        return None
    prefix, suffix = (str(spec.values.get(name) or "") for name in ("Prefix", "Suffix"))
    role_arn = spec.function.role_arn

    def may_put(key: str) -> bool:
        needs = [(_WRITE, f"{spec.source_arn}/{key}")]
        failure = _("Could not read which objects the execution role can write.")
        return not simulate(connection, role_arn, needs, failure, ctx)

    try:
        if may_put(f"{prefix}key{suffix}"):
            return True
        ctx.check()
        # Own context: these items must not reach the window as results of the job.
        policies = read_policies(connection, role_arn, JobContext())
    except WorkbenchError:
        return None
    folders = dict.fromkeys(
        folder
        for policy in policies
        for folder in _folders(policy.document, bucket_of(spec.source_arn))
        if folder.startswith(prefix) and folder != prefix
    )
    for folder in list(folders)[:_MAX_KEYS]:
        ctx.check()
        try:
            if may_put(f"{folder}key{suffix}"):
                return True
        except WorkbenchError:
            return None
    return False


def _folders(document: str, bucket: str) -> Iterator[str]:
    """The key prefixes that a policy allows writing to in a bucket."""
    try:
        statements = as_list(json.loads(document)["Statement"]) if document else []
        for statement in statements:
            actions = [str(each).lower() for each in as_list(statement.get("Action", []))]
            if statement.get("Effect") != "Allow" or not any(like(_WRITE.lower(), each) for each in actions):
                continue
            for resource in as_list(statement.get("Resource", [])):
                name, slash, key = str(resource).split(":", 5)[-1].partition("/")
                if slash and like(bucket, name):
                    yield re.split(r"[*?$]", key, maxsplit=1)[0]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return  # no policy that this version understands


PRINCIPAL = "s3.amazonaws.com"
"""The same in all partitions. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html"""
_CAUSED_BY: tuple[tuple[str, Change | None], ...] = (
    ("s3:ObjectCreated:Put", None),
    ("s3:ObjectRemoved:Delete", Change.DELETE),
    ("s3:ObjectRemoved:DeleteMarkerCreated", Change.MARK),
    ("s3:ObjectCreated:Copy", Change.COPY),
    ("s3:ObjectCreated:CompleteMultipartUpload", Change.MULTIPART),
    ("s3:ObjectTagging:Put", Change.TAG),
    ("s3:ObjectTagging:Delete", Change.UNTAG),
)
"""The events that a test can cause, and what it does to the object it put. Others need time (expiration,
transition), another bucket (replication), or a change of access (ObjectAcl)."""
_EVENT_LABELS = {
    None: _("Puts the object {key} into {bucket}."),
    Change.DELETE: _(
        "Puts the object {key} into {bucket}, deletes it, and waits for the invocation that "
        "the deletion causes."
    ),
    Change.MARK: _(
        "Puts the object {key} into {bucket}, deletes it, which leaves a delete marker, and "
        "waits for the invocation that the deletion causes."
    ),
    Change.COPY: _("Puts the object {key} into {bucket} and copies it onto itself."),
    Change.MULTIPART: _("Puts the object {key} into {bucket} and uploads it again in parts."),
    Change.TAG: _("Puts the object {key} into {bucket} and tags it."),
    Change.UNTAG: _("Puts the object {key} into {bucket}, tags it and deletes the tags."),
}
_BODY = b"A test event of Workbench. It may be deleted.\n"
_CONTENT_LIMIT_BYTES = 1024 * 1024
"""Ours: what is typed. S3 takes far more."""
_MAX_STALE_CHECKS = 20
"""Functions of other rules that are looked up; a bucket can have 100 rules."""
_NO_PAUSE = _("Amazon S3 cannot pause an event notification. Remove it and add it again later.")


@dataclass(frozen=True, slots=True)
class ObservedBucket:
    """A bucket when it was read.

    Attributes:
        configuration: All its notifications, as AWS answered them.
        role_may_write: Whether the execution role may put an object that the new rule matches; None if
            unknown or irrelevant.
        stale: Rules whose function does not exist; because of them S3 refuses every change.
    """

    region: str
    configuration: Configuration
    role_may_write: bool | None = None
    stale: tuple[Entry, ...] = ()


class S3Source(Source[ObservedBucket]):
    """Notifications of a bucket."""

    kind = SourceKind("s3")
    title, icon = "Amazon S3", "box"
    description = _("Objects are created or deleted in a bucket.")
    rule = Rule(_("bucket"), "Amazon S3", Model.PUSH_ASYNC, hop=SourceKind("sns"))
    policy_service = "s3"
    new_resource = Bucket()

    def display_name(self, trigger: Trigger) -> str:
        """Includes the key filter, since a bucket can have several rules."""
        name = super().display_name(trigger)
        prefix, suffix = (str(trigger.values.get(part) or "") for part in ("Prefix", "Suffix"))
        return f"{name} · {prefix}…{suffix}" if prefix or suffix else name

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate(
            "s3",
            "list_buckets",
            ctx=ctx,
            failure=_("Could not list the buckets."),
            BucketRegion=connection.region,
            PaginationConfig={"PageSize": 1000},
        )
        partition = Arn.parse(connection.arn).partition if connection.arn else "aws"
        location = Location(partition, connection.region, connection.account_id)
        for page in pages:
            for each in page.get("Buckets", ()):
                if each.get("BucketRegion", connection.region) == connection.region:
                    name = each["Name"]
                    yield Candidate(self.kind, f"arn:{partition}:s3:::{name}", name, location)

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        named = super().location(connection, spec, ctx)
        bucket = bucket_of(spec.source_arn)
        if Arn.parse(spec.source_arn).service != "s3" or "/" in bucket or ":" in bucket:
            raise WorkbenchError(
                _("“{source_arn}” cannot be a trigger.").format(source_arn=spec.source_arn),
                _("It is not a bucket ARN."),
                _("A bucket ARN ends with the bucket name: arn:aws:s3:::my-bucket"),
            )
        owner = _owner(spec.values, connection)
        if named.partition != Location.of(spec.function.function_arn).partition:
            return Location(named.partition, "", owner)  # that is enough: no call could reach the bucket
        return Location(named.partition, bucket_home(connection, bucket, owner).region, owner)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return parameters()

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedBucket:
        ctx.check()
        bucket, owner = bucket_of(spec.source_arn), _owner(spec.values, connection)
        configuration = {} if spec.is_new else read_configuration(connection, bucket, owner)
        ctx.check()
        stale = _stale(connection, spec, configuration, ctx)
        return ObservedBucket(connection.region, configuration, _may_write(connection, spec, ctx), stale)

    def check(self, spec: TriggerSpec, observed: ObservedBucket, function: ObservedFunction) -> Findings:
        return (
            *check_values(self.parameters(spec), spec.values),
            *check_filter(spec),
            *self._check_stale(spec, observed),
            *_check_overlap(spec, _without(observed)),
            *_check_loop(spec, observed.role_may_write),
        )

    def _check_stale(self, spec: TriggerSpec, observed: ObservedBucket) -> Findings:
        """Checks S3-STALE."""
        owner = str(spec.values.get("SourceAccount") or "") or _home(spec)
        bucket = bucket_of(spec.source_arn)
        return tuple(
            block(
                "S3-STALE",
                _("The rule {rule} of the bucket {bucket} calls a function that does not exist.").format(
                    rule=describe(rule), bucket=bucket
                ),
                _("S3 checks all rules of a bucket at every change, and refuses this one because of it."),
                steps_fix(
                    _("Remove the rule {rule}").format(rule=rule.get("Id", "")),
                    notification_step(bucket, observed.region, owner, remove=rule, for_good=True),
                ),
            )
            for rule in observed.stale
        )

    def grants(self, spec: TriggerSpec, observed: ObservedBucket) -> tuple[WantedGrant, ...]:
        return (_wanted(spec.source_arn, str(spec.values.get("SourceAccount") or "") or _home(spec)),)

    def plan(self, spec: TriggerSpec, observed: ObservedBucket) -> Steps:
        return (self._step(spec, observed, add=wanted_entry(spec)),)

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedBucket) -> Steps:
        standing = find_entry(observed.configuration, trigger.identity)
        if standing is None:
            return ()
        return (self._step(spec, observed, add=wanted_entry(spec, standing), remove=standing),)

    def _step(
        self,
        spec: TriggerSpec,
        observed: ObservedBucket,
        add: Entry | None = None,
        remove: Entry | None = None,
    ) -> Step:
        owner = str(spec.values.get("SourceAccount") or "") or _home(spec)
        planned = fingerprint(_without(observed))  # the plan is blocked until the stale rules are removed
        bucket = bucket_of(spec.source_arn)
        return notification_step(bucket, observed.region, owner, add=add, remove=remove, planned=planned)

    def remove(self, trigger: Trigger) -> Steps:
        values = trigger.values
        if not trigger.identity:
            return ()  # only a statement is left
        entry = {"Id": trigger.identity, "LambdaFunctionArn": values["LambdaFunctionArn"]}
        bucket, region = bucket_of(trigger.source_arn), str(values["BucketRegion"])
        return (notification_step(bucket, region, str(values.get("SourceAccount") or ""), remove=entry),)

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        found: list[Trigger] = []
        for arn in dict.fromkeys(hints):
            ctx.check()
            bucket, grants = bucket_of(arn), naming(function, "s3", arn)
            try:
                if problem := names_many(arn):
                    raise problem
                found += self._in_bucket(connection, function, arn, ctx)
            except WorkbenchError as error:
                if error.aws_code not in NO_BUCKET:
                    found += unknown(self.kind, arn, bucket, grants, error)
        return tuple(found)

    def _in_bucket(
        self, connection: Connection, function: ObservedFunction, arn: str, ctx: JobContext
    ) -> list[Trigger]:
        bucket = bucket_of(arn)
        owners = {grant.source_account for grant in naming(function, "s3", arn)} - {""}
        owner = owners.pop() if len(owners) == 1 else connection.account_id
        # Its region is not read: a bucket elsewhere cannot have a rule for this function.
        found = []
        for entry in read_configuration(connection, bucket, owner).get(LAMBDA, ()):
            qualifier = qualifier_of(entry["LambdaFunctionArn"], function.arns[0])
            if qualifier is not None:
                values = values_of(entry) | {"SourceAccount": owner, "BucketRegion": connection.region}
                trigger = Trigger(self.kind, arn, bucket, qualifier, str(entry["Id"]), values=values)
                found.append(linked(trigger, [_wanted(arn, owner)], function))
        return found

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        values = trigger.values
        events = values.get("Events", ())
        if not isinstance(events, tuple):
            return None
        causes = [change for event, change in _CAUSED_BY if includes(events, event)]
        if not causes:
            return None  # an event that cannot be caused, such as an expired object
        change = causes[0]
        bucket = bucket_of(trigger.source_arn)
        prefix, suffix = (str(values.get(name) or "") for name in ("Prefix", "Suffix"))
        fields = _event_fields(f"{prefix}{mark}{suffix}", mark)
        sent = texts_of(fields, texts)
        key, owner = sent["key"], str(values.get("SourceAccount") or "")
        put = object_step(
            bucket, str(values["BucketRegion"]), owner, key, mark, sent["body"], sent["content_type"]
        )
        doubt = (
            ""
            if key.startswith(prefix) and key.endswith(suffix)
            else _("The rule's prefix and suffix do not match this key: it will not invoke the function.")
        )
        return TestEvent(
            _(
                "{event} Other rules that match the object are triggered too. A rule that was just changed "
                "can take a few minutes to take effect."
            ).format(event=_EVENT_LABELS[change].format(key=key, bucket=bucket)),
            (put,) if change is None else (put, change_step(put, change)),
            mark,
            doubt,
            fields,
            _("The test object is no longer in the bucket."),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        retries = _("{upstream} Each event is delivered at least once, so duplicates are possible.")
        return explain_async(
            trigger,
            function,
            _("None. Of two events for one object, the one with the higher “sequencer” is the later one."),
            retries.format(upstream=source_retries(self.upstream)),
            BY_POLICY.format(principal=PRINCIPAL),
            [trigger.name],
            _("The Sandbox needs no permission, and treats encoded filters as literal text."),
            no_pause=_NO_PAUSE,
        )


def _event_fields(key: str, mark: str) -> tuple[EventField, ...]:
    """The texts of a test object; the samples of its content and its type follow from the key's extension."""
    content_type = guess_type(key)[0] or "text/plain"
    body = _BODY.decode()
    if content_type == "application/json":
        body = json.dumps({"workbench-test": mark})
    return (
        EventField("key", _("Key"), key, KEY_LIMIT, is_line=True),
        content_type_field(content_type),
        EventField("body", _("Content"), body, _CONTENT_LIMIT_BYTES, is_optional=True),
    )


def _wanted(bucket_arn: str, owner: str) -> WantedGrant:
    return WantedGrant(PRINCIPAL, bucket_arn, owner)


def _stale(
    connection: Connection, spec: TriggerSpec, configuration: Configuration, ctx: JobContext
) -> tuple[Entry, ...]:
    """The rules whose function does not exist. A function that may not be read counts as existing."""
    gone: dict[str, bool] = {}
    own = spec.function.function_arn
    for rule in configuration.get(LAMBDA, ()):
        arn = str(rule["LambdaFunctionArn"])
        if arn in gone or qualifier_of(arn, own) is not None or len(gone) >= _MAX_STALE_CHECKS:
            continue
        ctx.check()
        try:
            connection.call("lambda", "get_function_configuration", FunctionName=arn)
            gone[arn] = False
        except WorkbenchError as error:
            gone[arn] = error.aws_code == "ResourceNotFoundException"
    return tuple(rule for rule in configuration.get(LAMBDA, ()) if gone.get(rule["LambdaFunctionArn"]))


def _without(observed: ObservedBucket) -> Configuration:
    """The configuration without the stale rules."""
    configuration = observed.configuration
    for rule in observed.stale:
        configuration = changed(configuration, str(rule["Id"]), None)
    return configuration


def _home(spec: TriggerSpec) -> str:
    return Arn.parse(spec.function.function_arn).account_id


def _owner(values: Values, connection: Connection) -> str:
    return str(values.get("SourceAccount") or "") or connection.account_id
