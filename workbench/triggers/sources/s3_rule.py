"""A rule of a bucket's notifications as a person sets it, and what S3 would refuse of it. Pure."""

import hashlib
from dataclasses import replace

from workbench.aws.notification_rules import Entry, key_filter, key_part, overlap
from workbench.aws.quotas import known_values
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import SourceKind, Values, Wiring
from workbench.triggers.notification import (
    KEY_LIMIT,
    Configuration,
    describe,
    destination,
    entries,
    entry_of,
    rule_value,
)
from workbench.triggers.parameter import Entry as Kind
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import links

ALL_CREATED = "s3:ObjectCreated:*"


def bucket_of(arn: str) -> str:
    """The name in a bucket's ARN."""
    return arn.split(":", 5)[-1]


def values_of(entry: Entry) -> dict[str, object]:
    """A rule of the bucket as parameters."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    return {
        "Events": tuple(entry.get("Events", ())),
        "Prefix": prefix,
        "Suffix": suffix,
        "LambdaFunctionArn": entry["LambdaFunctionArn"],
    }


def events_of(values: Values) -> tuple[str, ...]:
    """The chosen events; S3 has no default, the form has."""
    events = values.get("Events", (ALL_CREATED,))
    return (events,) if isinstance(events, str) else tuple(events) if isinstance(events, tuple | list) else ()


def wanted_entry(wiring: Wiring, standing: Entry | None = None) -> Entry:
    """The rule that is wanted. One that stands there keeps its Id, and its spelling of the same filter."""
    values = wiring.values
    parts = tuple(str(values.get(name) or "") for name in ("Prefix", "Suffix"))
    encoded = tuple(rule_value(part) for part in parts)
    if standing is not None:
        encoded = tuple(
            old if key_part(old) == part else new
            for old, part, new in zip(key_filter(standing), parts, encoded, strict=True)
        )
    prefix, suffix = encoded
    events = events_of(values)
    if standing is not None:
        identity = str(standing["Id"])
    else:
        wish = "|".join((wiring.source_arn, wiring.target_arn, *sorted(events), prefix, suffix))
        identity = f"wb-s3-{hashlib.sha256(wish.encode()).hexdigest()[:10]}"
    return entry_of(identity, wiring.target_arn, events, prefix, suffix)


def check_filter(wiring: Wiring) -> list[Finding]:
    """Checks S3-EVENTS and S3-FILTER."""
    found = []
    if not events_of(wiring.values):
        what = f"No event type is chosen for the bucket {bucket_of(wiring.source_arn)}."
        found.append(Finding("S3-EVENTS", Severity.BLOCK, what, "A rule needs at least one event type."))
    for name in ("Prefix", "Suffix"):
        text = str(wiring.values.get(name) or "")
        if "*" in text:
            fix = Fix(FixKind.EDIT, "Remove the *", values={name: text.replace("*", "")})
            what = f"The {name.lower()} “{text}” contains a *."
            why = (
                "S3 does not support wildcards here: a prefix matches any end, and a suffix "
                "matches any beginning."
            )
            found.append(Finding("S3-FILTER", Severity.BLOCK, what, why, (fix,)))
        elif len(rule_value(text)) > KEY_LIMIT:
            what = f"The {name.lower()} has {len(rule_value(text)):,} characters after URL encoding."
            found.append(Finding("S3-FILTER", Severity.BLOCK, what, f"S3 allows at most {KEY_LIMIT:,}."))
    return found


def check_overlap(wiring: Wiring, configuration: Configuration) -> list[Finding]:
    """Checks S3-OVERLAP, against the entries for functions, queues and topics."""
    mine = wanted_entry(wiring)
    edited = wiring.identity
    found = []
    for other in entries(configuration):
        if (edited and other.get("Id") == edited) or not overlap(mine, other):
            continue
        found.append(
            Finding(
                "S3-OVERLAP",
                Severity.BLOCK,
                f"The new rule {describe(mine)} overlaps the rule {describe(other)} of the bucket"
                f" {bucket_of(wiring.source_arn)}.",
                "S3 rejects two rules that match the same event of one object. Choose a prefix, "
                "a suffix or events that do not overlap.",
                _ways_out(wiring, configuration, other),
            )
        )
    return found


def _ways_out(wiring: Wiring, configuration: Configuration, other: Entry) -> tuple[Fix, ...]:
    """What works instead of a rule that overlaps another one; a prefix is tried against the whole bucket."""
    fixes = []
    if prefix := _free_prefix(wiring, configuration):
        fixes.append(Fix(FixKind.EDIT, f"Use the prefix {prefix}", values={"Prefix": prefix}))
    if links.qualifier_of(destination(other), wiring.function.function_arn) is not None:
        title, identity = "Open the existing trigger", str(other.get("Id", ""))
        fixes.append(Fix(FixKind.OPEN_EXISTING, title, text=identity))
    if not wiring.identity:
        fixes.append(Fix(FixKind.OTHER_SOURCE, "Choose or create another bucket", source_kind=SourceKind.S3))
    return tuple(fixes)


def _free_prefix(wiring: Wiring, configuration: Configuration) -> str:
    """A prefix with which the rule overlaps no other one; empty where there is none."""
    others = [each for each in entries(configuration) if each.get("Id") != (wiring.identity or None)]
    name = wiring.function.function_name
    for prefix in (f"{name}/", f"{name}-2/"):
        mine = wanted_entry(replace(wiring, values={**wiring.values, "Prefix": prefix}))
        if not any(overlap(mine, each) for each in others):
            return prefix
    return ""


def check_loop(wiring: Wiring, role_may_write: bool | None) -> list[Finding]:
    """Checks S3-LOOP."""
    if not role_may_write:
        return []
    bucket = bucket_of(wiring.source_arn)
    return [
        Finding(
            "S3-LOOP",
            Severity.WARN,
            f"{wiring.function.function_name} can write objects to {bucket} that invoke it again.",
            "Its execution role allows s3:PutObject for keys that this rule matches. Each "
            "invocation could cause the next one; Lambda stops such a loop after about 16 "
            "iterations.",
        )
    ]


def parameters() -> tuple[Parameter, ...]:
    """What may be set of a rule."""
    return (
        Parameter(
            "Events",
            "Event types",
            Kind.CHOICES,
            (ALL_CREATED,),
            required=True,
            choices=_event_types(),
            is_open=True,
            help="The object events that invoke the function.",
        ),
        Parameter(
            "Prefix",
            "Prefix",
            Kind.TEXT,
            minimum=0,
            maximum=KEY_LIMIT,
            help="Only objects whose key begins with this text, not URL-encoded: images/",
        ),
        Parameter(
            "Suffix",
            "Suffix",
            Kind.TEXT,
            minimum=0,
            maximum=KEY_LIMIT,
            help="Only objects whose key ends with this text: .jpg",
        ),
        Parameter(
            "SourceAccount",
            "Bucket owner",
            Kind.TEXT,
            pattern=r"\d{12}",
            create_only=True,
            advanced=True,
            help="The account that owns the bucket, if it is not your own.",
        ),
    )


def _event_types() -> tuple[str, ...]:
    """Those of the service model, what people look for first."""
    usual = ("s3:ObjectCreated:", "s3:ObjectRemoved:")
    known = known_values("Event", "s3")
    return (
        *(each for each in known if each.startswith(usual)),
        *(e for e in known if not e.startswith(usual)),
    )
