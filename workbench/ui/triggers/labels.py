"""Labels, icons and texts of triggers: kinds, links, severities."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication

from workbench.triggers.model import Link, Severity, SourceKind, Trigger

_ICONS = {
    SourceKind.S3: "box",
    SourceKind.DYNAMODB: "database",
    SourceKind.KINESIS: "waves",
    SourceKind.SQS: "inbox",
    SourceKind.SNS: "bell",
    SourceKind.RULE: "zap",
    SourceKind.SCHEDULE: "calendar-clock",
    SourceKind.LOGS: "scroll-text",
    SourceKind.HTTP_API: "webhook",
    SourceKind.REST_API: "webhook",
    SourceKind.URL: "link",
    SourceKind.DIRECT: "terminal",
    SourceKind.IOT: "cpu",
    SourceKind.COGNITO: "user-check",
    SourceKind.MSK: "radio-tower",
    SourceKind.KAFKA: "radio-tower",
    SourceKind.MQ: "server",
    SourceKind.DOCUMENTDB: "database",
    SourceKind.OTHER: "users",
}

TONES = {
    Link.LINKED: "good",
    Link.MISSING_PERMISSION: "danger",
    Link.STALE_PERMISSION: "warning",
    Link.ORPHAN_MAPPING: "danger",
    Link.UNKNOWN: "",
}
"""The colour of a link's badge."""

SEVERITY_ICONS = {
    Severity.BLOCK: ("circle-alert", "danger"),
    Severity.WARN: ("triangle-alert", "warning"),
    Severity.NOTICE: ("info", "accent"),
}
"""Icon and colour of a finding."""


def kind_icon(kind: SourceKind) -> str:
    """The icon of a kind of source."""
    return _ICONS.get(kind, "plug")


def kind_title(kind: SourceKind) -> str:
    """AWS's name of the kind."""
    translate = QCoreApplication.translate
    return {
        SourceKind.S3: "Amazon S3",
        SourceKind.DYNAMODB: "DynamoDB Streams",
        SourceKind.KINESIS: "Kinesis Data Streams",
        SourceKind.SQS: "Amazon SQS",
        SourceKind.SNS: "Amazon SNS",
        SourceKind.RULE: translate("Triggers", "EventBridge rule"),
        SourceKind.SCHEDULE: "EventBridge Scheduler",
        SourceKind.LOGS: "CloudWatch Logs",
        SourceKind.HTTP_API: "API Gateway (HTTP)",
        SourceKind.REST_API: "API Gateway (REST)",
        SourceKind.URL: translate("Triggers", "Function URL"),
        SourceKind.DIRECT: translate("Triggers", "Direct invocation"),
        SourceKind.IOT: translate("Triggers", "IoT rule"),
        SourceKind.COGNITO: "Amazon Cognito",
        SourceKind.MSK: "Amazon MSK",
        SourceKind.KAFKA: translate("Triggers", "Self-managed Kafka"),
        SourceKind.MQ: "Amazon MQ",
        SourceKind.DOCUMENTDB: "Amazon DocumentDB",
    }.get(kind, translate("Triggers", "Other permission"))


def kind_description(kind: SourceKind) -> str:
    """What such a source sends, for the list of kinds."""
    translate = QCoreApplication.translate
    return {
        SourceKind.S3: translate("Triggers", "Objects are created or deleted in a bucket."),
        SourceKind.DYNAMODB: translate(
            "Triggers", "Changes to the items of a table, in order and in batches."
        ),
        SourceKind.KINESIS: translate("Triggers", "Records of a stream, in order and in batches."),
        SourceKind.SQS: translate("Triggers", "Messages of a standard or FIFO queue, in batches."),
        SourceKind.SNS: translate("Triggers", "Messages that are published to a topic."),
        SourceKind.RULE: translate(
            "Triggers", "Events of AWS services or your applications that match a pattern."
        ),
        SourceKind.SCHEDULE: translate("Triggers", "Once or repeatedly at a given time, in a time zone."),
        SourceKind.LOGS: translate("Triggers", "Log events of a log group that match a filter."),
        SourceKind.HTTP_API: translate("Triggers", "Requests to an HTTP API's route."),
        SourceKind.REST_API: translate("Triggers", "Requests to a REST API's method."),
        SourceKind.URL: translate("Triggers", "Requests to an HTTPS address of the function."),
        SourceKind.DIRECT: translate("Triggers", "Programs and users that call Invoke."),
    }.get(kind, "")


def new_title(kind: SourceKind) -> str:
    """The entry of the list of sources that creates one."""
    translate = QCoreApplication.translate
    return {
        SourceKind.S3: translate("Triggers", "New bucket…"),
        SourceKind.SQS: translate("Triggers", "New queue…"),
        SourceKind.SNS: translate("Triggers", "New topic…"),
        SourceKind.DYNAMODB: translate("Triggers", "New table…"),
        SourceKind.KINESIS: translate("Triggers", "New stream…"),
        SourceKind.RULE: translate("Triggers", "New rule on a new event bus…"),
        SourceKind.LOGS: translate("Triggers", "New log group…"),
    }.get(kind, "")


def link_label(link: Link) -> str:
    """A link's class, on its badge."""
    translate = QCoreApplication.translate
    return {
        Link.LINKED: translate("Triggers", "linked"),
        Link.MISSING_PERMISSION: translate("Triggers", "missing permission"),
        Link.STALE_PERMISSION: translate("Triggers", "stale permission"),
        Link.ORPHAN_MAPPING: translate("Triggers", "orphan mapping"),
        Link.UNKNOWN: translate("Triggers", "unknown"),
    }[link]


def link_help(link: Link) -> str:
    """What the class means, and what a repair would do."""
    translate = QCoreApplication.translate
    return {
        Link.LINKED: translate("Triggers", "The source and the permission match."),
        Link.MISSING_PERMISSION: translate(
            "Triggers", "The source calls the function, but the function's policy does not allow it."
        ),
        Link.STALE_PERMISSION: translate(
            "Triggers", "The policy allows a source that no longer calls the function."
        ),
        Link.ORPHAN_MAPPING: translate(
            "Triggers", "An event source mapping whose source, version or alias no longer exists."
        ),
        Link.UNKNOWN: translate("Triggers", "The source or the target could not be read."),
    }[link]


def severity_label(severity: Severity) -> str:
    """How bad a finding is."""
    translate = QCoreApplication.translate
    return {
        Severity.BLOCK: translate("Triggers", "Error"),
        Severity.WARN: translate("Triggers", "Warning"),
        Severity.NOTICE: translate("Triggers", "Notice"),
    }[severity]


def source_name(trigger: Trigger) -> str:
    """The source's name for the user; of a bucket, which can have several rules, with this one's keys."""
    name = trigger.name or trigger.source_arn.rpartition(":")[2]
    if trigger.kind is not SourceKind.S3:
        return name
    prefix, suffix = (str(trigger.values.get(part) or "") for part in ("Prefix", "Suffix"))
    return f"{name} · {prefix}…{suffix}" if prefix or suffix else name


def trigger_name(trigger: Trigger) -> str:
    """The trigger's name for the user, with its kind."""
    return f"{kind_title(trigger.kind)} {source_name(trigger)}".strip()


def state_text(trigger: Trigger) -> str:
    """AWS's word for its state, with AWS's reason."""
    return " · ".join(part for part in (trigger.state, trigger.reason) if part)


def missing_trigger_text(source_arn: str, *, is_sure: bool) -> tuple[str, str]:
    """Text and detail for a source that sent an event, but whose trigger is missing or could not be read."""
    translate = QCoreApplication.translate
    words = (
        translate("Triggers", "The trigger that sent this event no longer exists.")
        if is_sure
        else translate("Triggers", "The trigger that sent this event could not be read.")
    )
    detail = translate("Triggers", "No trigger of this function has the source %1.")
    return words, detail.replace("%1", source_arn)


def broken_triggers(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """The triggers whose source and permission do not match."""
    return tuple(each for each in triggers if each.link not in (Link.LINKED, Link.UNKNOWN))


def summary_text(triggers: Sequence[Trigger], problems: Sequence[object]) -> str:
    """How many there are, and how many need a repair; or that some may be missing."""
    translate = QCoreApplication.translate
    count, broken = len(triggers), len(broken_triggers(triggers))
    if problems:
        return translate("Triggers", "Some triggers could not be read, so the list might be incomplete.")
    if not count:
        return translate("Triggers", "No triggers. Add one, or invoke the function from the Test tab.")
    words = (
        translate("Triggers", "1 trigger") if count == 1 else translate("Triggers", "%n triggers", "", count)
    )
    if broken:
        words += " · " + (
            translate("Triggers", "1 needs repair")
            if broken == 1
            else translate("Triggers", "%n need repair", "", broken)
        )
    return words
