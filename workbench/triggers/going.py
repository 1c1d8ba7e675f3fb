"""What goes with a function when it is deleted: who may run it, and its URLs. Get and List calls only."""

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.hanging import Part, PartKind
from workbench.functions.model import FunctionDetail
from workbench.triggers.function_side import read_function_side
from workbench.triggers.model import SourceKind, Trigger
from workbench.triggers.policy import Grant
from workbench.triggers.sources.table import SOURCES


def grants_and_urls(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> tuple[Part, ...]:
    """The statements of all qualifiers' policies, and the URLs; who has them may want to know.

    What may not be read is a part with a `problem`.

    Raises:
        Cancelled: Between calls.
    """
    side = read_function_side(connection, detail, ctx)
    parts = [_grant(grant) for grant in dict.fromkeys(side.grants)]
    try:
        parts += [_url(url) for url in SOURCES[SourceKind.URL].find(connection, side.seen, (), ctx)]
    except WorkbenchError as error:
        parts.append(Part(PartKind.URL, "", "", problem=error))
    unread = {str(each.error): each.error for each in side.problems if each.part.startswith("policy")}
    return (*parts, *(Part(PartKind.GRANT, "", "", problem=error) for error in unread.values()))


def _grant(grant: Grant) -> Part:
    facts = (
        grant.qualifier,
        grant.principal,
        "Deny" if grant.denies else "",
        f"account {grant.source_account}" if grant.source_account else "",
        grant.action if grant.action != "lambda:InvokeFunction" else "",
        grant.other_conditions,
    )
    detail = " · ".join(filter(None, facts))
    return Part(PartKind.GRANT, grant.source_arn, grant.source_arn or grant.sid, detail)


def _url(url: Trigger) -> Part:
    facts = (url.qualifier, url.values.get("AuthType"), url.values.get("InvokeMode"))
    return Part(PartKind.URL, url.source_arn, url.source_arn, " · ".join(str(each) for each in facts if each))
