"""Amazon MQ: queues of ActiveMQ and RabbitMQ brokers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.triggers.filters import json_or_text
from workbench.triggers.kinds.cluster import (
    BATCH,
    ClusterSource,
    ObservedCluster,
    secret_parameter,
    slow_window_parameter,
)
from workbench.triggers.kinds.mapping import BY_ROLE, RESPONSES, Existence, batch_parameters
from workbench.triggers.kinds.source import PULL, target_name
from workbench.triggers.mappings import ACCESS, name_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Location,
    Model,
    ObservedFunction,
    Rule,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
    Verdict,
    block,
    chosen_of,
    edit_fix,
)
from workbench.triggers.parameter import Entry, Parameter, text_parameter

_QUEUES, _VIRTUAL_HOST = "Queues", f"{ACCESS}.VIRTUAL_HOST"
_RABBIT = "RABBITMQ"


class Broker(ClusterSource):
    """A queue of a broker."""

    kind = SourceKind("mq")
    title, icon = "Amazon MQ", "server"
    description = _("Messages of a queue of an ActiveMQ or RabbitMQ broker, in batches.")
    arn_service, arn_resource = "mq", "broker:"
    sample_event = "mq-activemq.json"
    body, takes_text = "data", True
    rule = Rule(_("broker"), _("Amazon MQ"), Model.PULL, account=Verdict.BLOCK)
    prefix = "MQ"
    ready = ("RUNNING", "REBOOT_IN_PROGRESS")
    secret_types = ("BASIC_AUTH",)
    endpoints = _("Lambda, Secrets Manager and, for ActiveMQ, STS")

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        for page in connection.paginate(
            "mq", "list_brokers", ctx=ctx, failure=_("Could not list the brokers.")
        ):
            for each in page.get("BrokerSummaries") or ():
                arn, state = str(each["BrokerArn"]), str(each.get("BrokerState") or "")
                engine = str(each.get("EngineType") or "")
                detail = engine if state in self.ready else f"{engine}, {state}"
                yield Candidate(self.kind, arn, str(each["BrokerName"]), Location.of(arn), detail)

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        message: Mapping[str, Any] = event["messages"][0]
        return {**message, "data": json_or_text(b64decode(message["data"]).decode("utf-8", "replace"))}

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The queue and how Lambda signs in. AWS supports no partial failures for these batches."""
        return (
            text_parameter(
                _QUEUES,
                _("Queue"),
                shape="Queue",
                entry=Entry.NAMES,
                required=True,
                items=1,
                create_only=True,
                help=_("One trigger reads one queue. It must exist: Lambda does not create it."),
            ),
            secret_parameter(
                "BASIC_AUTH",
                _("Secret"),
                _("It contains the user name and the password of a user of the broker."),
                required=True,
            ),
            Parameter(
                _VIRTUAL_HOST,
                _("Virtual host"),
                Entry.TEXT,
                create_only=True,
                help=_("Of a RabbitMQ broker; without one, Lambda uses “/”."),
            ),
            *(each for each in batch_parameters(BATCH) if each.name != RESPONSES),
            slow_window_parameter(),
        )

    def existence(self, arn: Arn) -> Existence:
        return Existence("mq", "describe_broker", _broker(str(arn)), ("NotFoundException",))

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        answer = connection.call(
            "mq",
            "describe_broker",
            failure=_("Could not read the broker {source_arn}.").format(source_arn=name_of(spec.source_arn)),
            **_broker(spec.source_arn),
        )
        return ObservedCluster(
            str(answer.get("BrokerState") or ""),
            str(answer.get("EngineType") or "").upper(),
            str(answer.get("EngineVersion") or ""),
            (str(answer.get("AuthenticationStrategy") or "SIMPLE").upper(),),
            not answer.get("PubliclyAccessible"),
        )

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """Checks MQ-AUTH and MQ-VHOST."""
        name = name_of(spec.source_arn)
        if observed.authentication and observed.authentication != ("SIMPLE",):
            yield Finding(
                "MQ-AUTH",
                Severity.BLOCK if "LDAP" in observed.authentication else Severity.WARN,
                _("The broker {name} does not check passwords itself ({authentication}).").format(
                    name=name, authentication=observed.authentication[0]
                ),
                _("Lambda only signs in with a user name and a password that the broker knows."),
            )
        if spec.values.get(_VIRTUAL_HOST) and observed.engine not in ("", _RABBIT):
            yield block(
                "MQ-VHOST",
                _("The broker {name} has no virtual hosts: it is {engine}.").format(
                    name=name, engine=observed.engine
                ),
                _("Only RabbitMQ has virtual hosts."),
                edit_fix(_("Remove the virtual host"), {_VIRTUAL_HOST: None}),
            )

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        return (("mq:DescribeBroker", spec.source_arn),)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        queues = ", ".join(chosen_of(trigger.values, _QUEUES))
        return Explanation(
            PULL,
            _(
                "In the order of the queue, batch by batch. At most five batches at the same time for "
                "ActiveMQ, and one for RabbitMQ."
            ),
            _("The broker keeps a message until the whole batch succeeds or the message expires."),
            _("The whole batch is retried until it succeeds or its messages expire."),
            _("The broker's policy determines what happens to expired messages."),
            _(
                "{by_role} The broker itself requires the user name and password in the mapping's secret."
            ).format(by_role=BY_ROLE),
            (
                f"{trigger.name} · {queues}" if queues else trigger.name,
                _("Lambda's poller"),
                target_name(trigger, function),
            ),
            _("The Sandbox does not simulate Amazon MQ."),
        )


def _broker(arn: str) -> dict[str, Any]:
    return {"BrokerId": arn.rpartition(":")[2]}
