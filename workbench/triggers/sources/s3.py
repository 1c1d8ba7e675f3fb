"""Amazon S3: a bucket that tells a function of its objects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.aws.notification_rules import Entry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.bucket_region import NO_BUCKET, bucket_home
from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    Place,
    SourceKind,
    TestEvent,
    Trigger,
    Values,
    WantedGrant,
    Wiring,
)
from workbench.triggers.notification import (
    LAMBDA,
    Configuration,
    changed,
    configuration_of,
    describe,
    find_entry,
    fingerprint,
    includes,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import links
from workbench.triggers.sources.s3_rule import (
    bucket_of,
    check_filter,
    check_loop,
    check_overlap,
    parameters,
    values_of,
    wanted_entry,
)
from workbench.triggers.sources.s3_writes import may_write
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.event_object import Change, change_step, object_step
from workbench.triggers.steps.notification import notification_step
from workbench.triggers.values import check_values

PRINCIPAL = "s3.amazonaws.com"
"""In all partitions. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html"""
_CAUSED_BY: tuple[tuple[str, Change | None], ...] = (
    ("s3:ObjectCreated:Put", None),
    ("s3:ObjectRemoved:Delete", Change.DELETE),
    ("s3:ObjectRemoved:DeleteMarkerCreated", Change.MARK),
    ("s3:ObjectCreated:Copy", Change.COPY),
    ("s3:ObjectCreated:CompleteMultipartUpload", Change.MULTIPART),
    ("s3:ObjectTagging:Put", Change.TAG),
    ("s3:ObjectTagging:Delete", Change.UNTAG),
)
"""The events that can be caused at will, and what is done to an object that has been put. Others need time
(expiration, transition), another bucket (replication), or a change of who may read (ObjectAcl)."""
_TOLD = {
    None: "Puts the object {key} into {bucket}.",
    Change.DELETE: "Puts the object {key} into {bucket}, deletes it, and waits for the invocation that "
    "the deletion causes.",
    Change.MARK: "Puts the object {key} into {bucket}, deletes it, which leaves a delete marker, and "
    "waits for the invocation that the deletion causes.",
    Change.COPY: "Puts the object {key} into {bucket} and copies it onto itself.",
    Change.MULTIPART: "Puts the object {key} into {bucket} and uploads it again in parts.",
    Change.TAG: "Puts the object {key} into {bucket} and tags it.",
    Change.UNTAG: "Puts the object {key} into {bucket}, tags it and deletes the tags.",
}
_MOST_LOOKED_FOR = 20
"""Functions of other rules of the bucket; a bucket can have 100."""
_NO_PAUSE = "Amazon S3 cannot pause an event notification. Remove it and add it again later."


@dataclass(frozen=True, slots=True)
class BucketSeen:
    """What was read of a bucket.

    Attributes:
        region: Its region.
        configuration: All its notifications, as AWS answered them.
        role_may_write: Whether the execution role may put an object that the new rule matches; None when
            the simulator may not be asked, or when it does not matter.
        stale: Rules that call a function which does not exist: S3 refuses every change because of them.
    """

    region: str
    configuration: Configuration
    role_may_write: bool | None = None
    stale: tuple[Entry, ...] = ()


class S3Source(Source[BucketSeen]):
    """Notifications of a bucket."""

    kind = SourceKind.S3
    title = "Amazon S3"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate(
            "s3",
            "list_buckets",
            ctx=ctx,
            failure="Could not list the buckets.",
            BucketRegion=connection.region,
            PaginationConfig={"PageSize": 1000},
        )
        partition = Arn.parse(connection.arn).partition if connection.arn else "aws"
        place = Place(partition, connection.region, connection.account_id)
        for page in pages:
            for each in page.get("Buckets", ()):
                if each.get("BucketRegion", connection.region) == connection.region:
                    name = each["Name"]
                    yield Candidate(self.kind, f"arn:{partition}:s3:::{name}", name, place)

    def place(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> Place:
        named = super().place(connection, wiring, ctx)
        bucket = bucket_of(wiring.source_arn)
        if Arn.parse(wiring.source_arn).service != "s3" or "/" in bucket or ":" in bucket:
            raise WorkbenchError(
                f"“{wiring.source_arn}” cannot be a trigger.",
                "It is not a bucket ARN.",
                "A bucket ARN ends with the bucket name: arn:aws:s3:::my-bucket",
            )
        owner = _owner(wiring.values, connection)
        if named.partition != Place.of(wiring.function.function_arn).partition:
            return Place(named.partition, "", owner)  # that is enough to know; no call would reach it
        return Place(named.partition, bucket_home(connection, bucket, owner).region, owner)

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        return parameters()

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> BucketSeen:
        ctx.check()
        bucket, answer = bucket_of(wiring.source_arn), {}
        if not wiring.is_new:
            answer = connection.call(
                "s3",
                "get_bucket_notification_configuration",
                failure=f"Could not read the notifications of {bucket}.",
                Bucket=bucket,
                ExpectedBucketOwner=_owner(wiring.values, connection),
            )
        ctx.check()
        configuration = configuration_of(answer)
        stale = _stale(connection, wiring, configuration, ctx)
        return BucketSeen(connection.region, configuration, may_write(connection, wiring, ctx), stale)

    def check(self, wiring: Wiring, seen: BucketSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        return (
            *check_values(self.parameters(wiring), wiring.values),
            *check_filter(wiring),
            *self._check_stale(wiring, seen),
            *check_overlap(wiring, _without(seen)),
            *check_loop(wiring, seen.role_may_write),
        )

    def _check_stale(self, wiring: Wiring, seen: BucketSeen) -> tuple[Finding, ...]:
        """Checks S3-STALE."""
        owner = str(wiring.values.get("SourceAccount") or "") or _home(wiring)
        bucket = bucket_of(wiring.source_arn)
        return tuple(
            Finding(
                "S3-STALE",
                Severity.BLOCK,
                f"The rule {describe(rule)} of the bucket {bucket} calls a function that does not exist.",
                "S3 checks all rules of a bucket at every change, and refuses this one because of it.",
                (
                    Fix(
                        FixKind.STEPS,
                        f"Remove the rule {rule.get('Id', '')}",
                        (notification_step(bucket, seen.region, owner, remove=rule, for_good=True),),
                    ),
                ),
            )
            for rule in seen.stale
        )

    def grants(self, wiring: Wiring, seen: BucketSeen) -> tuple[WantedGrant, ...]:
        return (_wanted(wiring.source_arn, str(wiring.values.get("SourceAccount") or "") or _home(wiring)),)

    def plan(self, wiring: Wiring, seen: BucketSeen, function: FunctionSeen) -> tuple[Step, ...]:
        return (self._step(wiring, seen, add=wanted_entry(wiring)),)

    def update(self, trigger: Trigger, wiring: Wiring, seen: BucketSeen) -> tuple[Step, ...]:
        standing = find_entry(seen.configuration, trigger.identity)
        if standing is None:
            return ()
        return (self._step(wiring, seen, add=wanted_entry(wiring, standing), remove=standing),)

    def _step(
        self, wiring: Wiring, seen: BucketSeen, add: Entry | None = None, remove: Entry | None = None
    ) -> Step:
        owner = str(wiring.values.get("SourceAccount") or "") or _home(wiring)
        planned = fingerprint(_without(seen))  # the plan is blocked until the stale rules are removed
        bucket = bucket_of(wiring.source_arn)
        return notification_step(bucket, seen.region, owner, add=add, remove=remove, planned=planned)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        values = trigger.values
        if not trigger.identity:
            return ()  # only a statement is left of it
        entry = {"Id": trigger.identity, "LambdaFunctionArn": values["LambdaFunctionArn"]}
        bucket, region = bucket_of(trigger.source_arn), str(values["BucketRegion"])
        return (notification_step(bucket, region, str(values.get("SourceAccount") or ""), remove=entry),)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        found: list[Trigger] = []
        for arn in dict.fromkeys(hints):
            ctx.check()
            bucket, grants = bucket_of(arn), links.naming(function, "s3", arn)
            try:
                if problem := links.names_many(arn):
                    raise problem
                found += self._in_bucket(connection, function, arn, ctx)
            except WorkbenchError as error:
                if error.aws_code not in NO_BUCKET:
                    found += links.unknown(self.kind, arn, bucket, grants, error)
        return tuple(found)

    def _in_bucket(
        self, connection: Connection, function: FunctionSeen, arn: str, ctx: JobContext
    ) -> list[Trigger]:
        bucket = bucket_of(arn)
        owners = {grant.source_account for grant in links.naming(function, "s3", arn)} - {""}
        owner = owners.pop() if len(owners) == 1 else connection.account_id
        # Its region is not asked for: a bucket elsewhere cannot have a rule for this function.
        answer = connection.call(
            "s3",
            "get_bucket_notification_configuration",
            failure=f"Could not read the notifications of {bucket}.",
            Bucket=bucket,
            ExpectedBucketOwner=owner,
        )
        found = []
        for entry in answer.get(LAMBDA, ()):
            qualifier = links.qualifier_of(entry["LambdaFunctionArn"], function.arns[0])
            if qualifier is not None:
                values = values_of(entry) | {"SourceAccount": owner, "BucketRegion": connection.region}
                trigger = Trigger(self.kind, arn, bucket, qualifier, str(entry["Id"]), values=values)
                found.append(links.linked(trigger, [_wanted(arn, owner)], function))
        return found

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        values = trigger.values
        events = values.get("Events", ())
        if not isinstance(events, tuple):
            return None
        causes = [change for event, change in _CAUSED_BY if includes(events, event)]
        if not causes:
            return None  # nothing that can be caused at will, such as an expired object
        change = causes[0]
        bucket = bucket_of(trigger.source_arn)
        key = f"{values.get('Prefix', '')}{mark}{values.get('Suffix', '')}"
        put = object_step(bucket, str(values["BucketRegion"]), str(values.get("SourceAccount") or ""), key)
        return TestEvent(
            f"{_TOLD[change].format(key=key, bucket=bucket)} Other rules that match the object "
            "are triggered too. A rule that was just changed can take a few minutes to take "
            "effect.",
            (put,) if change is None else (put, change_step(put, change)),
            mark,
        )

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        name = function.detail.function_name
        target = f"{name}:{trigger.qualifier}" if trigger.qualifier else name
        return Explanation(
            ledgers.ASYNC,
            "None. Of two events for one object, the one with the higher “sequencer” is the later one.",
            f"{ledgers.upstream_ledger(self.kind)} Each event is delivered at least once, so "
            "duplicates are possible.",
            ledgers.async_ledger(function),
            ledgers.async_failures(function.failure_arns),
            ledgers.BY_POLICY.format(principal=PRINCIPAL),
            (trigger.name, "Lambda's queue", target, *ledgers.failure_names(function.failure_arns)),
            "The Sandbox needs no permission, and treats encoded filters as literal text.",
            _NO_PAUSE,
        )


def _wanted(bucket_arn: str, owner: str) -> WantedGrant:
    return WantedGrant(PRINCIPAL, bucket_arn, owner)


def _stale(
    connection: Connection, wiring: Wiring, configuration: Configuration, ctx: JobContext
) -> tuple[Entry, ...]:
    """The rules that call a function which does not exist. What may not be read is taken to be there."""
    gone: dict[str, bool] = {}
    own = wiring.function.function_arn
    for rule in configuration.get(LAMBDA, ()):
        arn = str(rule["LambdaFunctionArn"])
        if arn in gone or links.qualifier_of(arn, own) is not None or len(gone) >= _MOST_LOOKED_FOR:
            continue
        ctx.check()
        try:
            connection.call("lambda", "get_function_configuration", FunctionName=arn)
            gone[arn] = False
        except WorkbenchError as error:
            gone[arn] = error.aws_code == "ResourceNotFoundException"
    return tuple(rule for rule in configuration.get(LAMBDA, ()) if gone.get(rule["LambdaFunctionArn"]))


def _without(seen: BucketSeen) -> Configuration:
    """The bucket's configuration without its stale rules."""
    configuration = seen.configuration
    for rule in seen.stale:
        configuration = changed(configuration, str(rule["Id"]), None)
    return configuration


def _home(wiring: Wiring) -> str:
    return Arn.parse(wiring.function.function_arn).account_id


def _owner(values: Values, connection: Connection) -> str:
    return str(values.get("SourceAccount") or "") or connection.account_id
