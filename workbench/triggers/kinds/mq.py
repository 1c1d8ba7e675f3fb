"""Amazon MQ: queues of ActiveMQ and RabbitMQ brokers."""

from workbench.aws.arn import Arn
from workbench.triggers import retry_policy
from workbench.triggers.kinds.discover_only import DiscoverOnlyMapping, target_of
from workbench.triggers.kinds.mapping import Existence, batch_parameters, chosen_of, window_parameter
from workbench.triggers.model import Explanation, ObservedFunction, SourceKind, Trigger, TriggerSpec
from workbench.triggers.parameter import Parameter
from workbench.triggers.rules import POLLS, Authority, Model, Rule, Verdict

_BATCH = 100
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/services-mq-params.html"""


class Broker(DiscoverOnlyMapping):
    """A queue of a broker."""

    kind = SourceKind("mq")
    title, icon = "Amazon MQ", "server"
    description = "Messages of a queue of an ActiveMQ or RabbitMQ broker, in batches."
    arn_service, arn_resource = "mq", "broker:"
    rule = Rule(
        "broker",
        "Amazon MQ",
        Model.PULL,
        region=Verdict.BLOCK,
        account=Verdict.BLOCK,
        authority=Authority.EXECUTION_ROLE,
        because=POLLS,
    )

    def existence(self, arn: Arn) -> Existence:
        """DescribeBroker."""
        request = {"BrokerId": arn.resource.rpartition(":")[2]}
        return Existence("mq", "describe_broker", request, ("NotFoundException",))

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """What AWS lets be changed later."""
        return (*batch_parameters(_BATCH), window_parameter())

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a queue of a broker runs a function."""
        queues = ", ".join(chosen_of(trigger.values, "Queues"))
        return Explanation(
            retry_policy.PULL,
            "In the order of the queue, batch by batch.",
            "The broker keeps a message until the whole batch succeeds or the message expires.",
            "The whole batch is retried until it succeeds or its messages expire.",
            "The broker's policy determines what happens to expired messages.",
            f"{retry_policy.BY_ROLE} The broker itself requires the user name and password in the "
            "mapping's secret.",
            (
                f"{trigger.name} · {queues}" if queues else trigger.name,
                "Lambda's poller",
                target_of(trigger, function),
            ),
            "The Sandbox does not simulate Amazon MQ.",
        )
