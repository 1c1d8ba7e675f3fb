"""Amazon DocumentDB: change streams of clusters."""

from workbench.aws.arn import Arn
from workbench.triggers import retry_policy
from workbench.triggers.kinds.discover_only import DiscoverOnlyMapping, target_of
from workbench.triggers.kinds.mapping import Existence, batch_parameters, window_parameter
from workbench.triggers.mappings import FILTERS
from workbench.triggers.model import Explanation, ObservedFunction, SourceKind, Trigger, TriggerSpec
from workbench.triggers.parameter import Parameter
from workbench.triggers.rules import POLLS, Authority, Model, Rule, Verdict

_BATCH = 100
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/services-documentdb-params.html"""
_DATABASE = "DocumentDBEventSourceConfig.DatabaseName"
_COLLECTION = "DocumentDBEventSourceConfig.CollectionName"


class ChangeStream(DiscoverOnlyMapping):
    """A change stream of a database or a collection."""

    kind = SourceKind("documentdb")
    title, icon = "Amazon DocumentDB", "database"
    description = "Changes to the documents of a database or a collection, in order and in batches."
    arn_service, arn_resource = "rds", "cluster:"
    rule = Rule(
        "cluster",
        "Amazon DocumentDB",
        Model.PULL,
        region=Verdict.BLOCK,
        account=Verdict.BLOCK,
        authority=Authority.EXECUTION_ROLE,
        because=POLLS,
    )

    def existence(self, arn: Arn) -> Existence:
        """DescribeDBClusters."""
        request = {"DBClusterIdentifier": arn.resource.rpartition(":")[2]}
        gone = ("DBClusterNotFoundFault", "DBClusterNotFound")
        return Existence("docdb", "describe_db_clusters", request, gone)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """What AWS lets be changed later; it knows no filters for these.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
        """
        shared = [each for each in batch_parameters(_BATCH) if each.name not in (FILTERS, "KMSKeyArn")]
        return (*shared, window_parameter())

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a change stream runs a function."""
        database = str(trigger.values.get(_DATABASE) or "")
        collection = str(trigger.values.get(_COLLECTION) or "")
        what = ".".join(filter(None, (database, collection)))
        return Explanation(
            retry_policy.PULL,
            "Strict: one change after another.",
            "The change stream keeps events for the retention period of the cluster; then they are lost.",
            "The same batch is retried until it succeeds. When its position in the stream "
            "expires, AWS disables the event source mapping.",
            retry_policy.mapping_failures(trigger.values),
            f"{retry_policy.BY_ROLE} The cluster itself requires the user name and password in the "
            "mapping's secret.",
            (
                f"{trigger.name} · {what}" if what else trigger.name,
                "Lambda's poller",
                target_of(trigger, function),
            ),
            "The Sandbox does not simulate Amazon DocumentDB.",
        )
