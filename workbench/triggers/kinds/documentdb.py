"""Amazon DocumentDB: change streams of clusters.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
"""

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.triggers.kinds.cluster import (
    BATCH,
    ClusterSource,
    ObservedCluster,
    secret_parameter,
    slow_window_parameter,
)
from workbench.triggers.kinds.mapping import (
    BY_ROLE,
    RESPONSES,
    Existence,
    batch_parameters,
    mapping_failures,
    start_parameters,
)
from workbench.triggers.kinds.source import PULL, target_name
from workbench.triggers.mappings import FILTERS, name_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
    block,
    notice,
)
from workbench.triggers.parameter import Parameter, choice_parameter, text_parameter

_DATABASE, _COLLECTION, _DOCUMENT = (
    f"DocumentDBEventSourceConfig.{name}" for name in ("DatabaseName", "CollectionName", "FullDocument")
)
_ENGINE, _TOO_OLD = "docdb", "3."


class ChangeStream(ClusterSource):
    """A change stream of a database or collection."""

    kind = SourceKind("documentdb")
    title, icon = "Amazon DocumentDB", "database"
    description = _("Changes to the documents of a database or a collection, in order and in batches.")
    arn_service, arn_resource = "rds", "cluster:"  # clusters of DocumentDB have ARNs of RDS
    rule = Rule(_("cluster"), _("Amazon DocumentDB"), Model.PULL, account=Verdict.BLOCK)
    prefix = "DOC"
    ready = ("available",)
    secret_types = ("BASIC_AUTH",)
    endpoints = "Lambda, STS and Secrets Manager"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The region's clusters, from a call that also answers those of Amazon RDS.

        Raises as the base class.
        """
        for page in connection.paginate(
            "docdb", "describe_db_clusters", ctx=ctx, failure=_("Could not list the clusters.")
        ):
            for each in page.get("DBClusters") or ():
                if each.get("Engine") != _ENGINE:
                    continue
                arn, state = str(each["DBClusterArn"]), str(each.get("Status") or "")
                detail = str(each.get("EngineVersion") or "") if state in self.ready else state
                yield Candidate(self.kind, arn, name_of(arn), Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The database and how Lambda signs in. AWS supports neither filters nor partial failures here.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
        """
        not_here = (FILTERS, "KMSKeyArn", RESPONSES)
        return (
            text_parameter(
                _DATABASE,
                _("Database"),
                required=True,
                create_only=True,
                help=_("Its change stream must be on."),
            ),
            text_parameter(
                _COLLECTION,
                _("Collection"),
                create_only=True,
                help=_("Without one, the trigger reads all collections of the database."),
            ),
            secret_parameter(
                "BASIC_AUTH",
                _("Secret"),
                _("It contains the user name and the password of a user of the cluster."),
                required=True,
            ),
            *start_parameters(quotas.known_values("EventSourcePosition")),
            *(each for each in batch_parameters(BATCH) if each.name not in not_here),
            slow_window_parameter(),
            choice_parameter(
                _DOCUMENT,
                _("Full document"),
                "Default",
                is_open=False,
                help=_("UpdateLookup: an update also contains a copy of the whole document."),
            ),
        )

    def existence(self, arn: Arn) -> Existence:
        gone = ("DBClusterNotFoundFault", "DBClusterNotFound")
        return Existence("docdb", "describe_db_clusters", _cluster(str(arn)), gone)

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """Calls DescribeDBClusters. A cluster is always in a network."""
        answer = connection.call(
            "docdb",
            "describe_db_clusters",
            failure=_("Could not read the cluster {source_arn}.").format(source_arn=name_of(spec.source_arn)),
            **_cluster(spec.source_arn),
        )
        found: dict[str, Any] = next(iter(answer.get("DBClusters") or ()), {})
        return ObservedCluster(
            str(found.get("Status") or ""),
            str(found.get("Engine") or ""),
            str(found.get("EngineVersion") or ""),
        )

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """Checks DOC-ENGINE and DOC-STREAM."""
        name = name_of(spec.source_arn)
        if observed.engine not in ("", _ENGINE):
            what = _("The cluster {name} is not one of Amazon DocumentDB: its engine is {engine}.").format(
                name=name, engine=observed.engine
            )
            yield block("DOC-ENGINE", what, _("Lambda cannot poll other databases."))
        elif observed.version.startswith(_TOO_OLD):
            what = _("The cluster {name} has version {version}.").format(name=name, version=observed.version)
            yield block("DOC-ENGINE", what, _("Lambda needs version 4.0 or later."))
        if spec.identity:
            return
        part = _part(spec.values)
        yield notice(
            "DOC-STREAM",
            _("The change stream of {part} must be on; AWS has no call that tells.").format(
                part=part or _("the database")
            ),
            _(
                "To turn it on, run adminCommand({modifyChangeStreams: 1, database: …, collection: …, "
                "enable: true}) in the cluster."
            ),
        )

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        parts = ("DescribeDBClusters", "DescribeDBClusterParameters", "DescribeDBSubnetGroups")
        return tuple((f"rds:{each}", "*") for each in parts)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        part = _part(trigger.values)
        return Explanation(
            PULL,
            _("Strict: one change after another, in one invocation at a time."),
            _("The change stream keeps events for the retention period of the cluster; then they are lost."),
            _(
                "The same batch is retried until it succeeds. When its position in the stream "
                "expires, AWS disables the event source mapping."
            ),
            mapping_failures(trigger.values),
            _(
                "{by_role} The cluster itself requires the user name and password in the mapping's secret."
            ).format(by_role=BY_ROLE),
            (
                f"{trigger.name} · {part}" if part else trigger.name,
                _("Lambda's poller"),
                target_name(trigger, function),
            ),
            _("The Sandbox does not simulate Amazon DocumentDB."),
        )


def _part(values: Values) -> str:
    """The collection ("shop.orders") or the database."""
    return ".".join(str(values[each]) for each in (_DATABASE, _COLLECTION) if values.get(each))


def _cluster(arn: str) -> dict[str, Any]:
    return {"DBClusterIdentifier": arn.rpartition(":")[2]}
