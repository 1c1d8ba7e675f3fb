"""Adds the statement for an API that an earlier step of the same plan made: its id is not known before."""

from dataclasses import replace

from workbench.triggers.grants import grant_step
from workbench.triggers.model import SourceKind, WantedGrant
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.steps.grant import GrantStep

LATE_GRANT = "late-grant"
API_ID = "API-ID"
"""What the id takes the place of in the SourceArn."""


def late_grant_step(
    kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str, of: str
) -> Step:
    """The step.

    Args:
        kind: Of the source.
        wanted: The statement, its source_arn with API_ID.
        function_arn: Whose policy.
        qualifier: Of the function.
        of: The action of the step that makes the API.
    """
    step = grant_step(kind, wanted, function_arn, qualifier)
    args = {
        "kind": kind.value,
        "principal": wanted.principal,
        "source_arn": wanted.source_arn,
        "function_arn": function_arn,
        "qualifier": qualifier,
        "of": of,
    }
    title = step.title.replace(API_ID, "…")
    return Step(LATE_GRANT, title, step.api_call, step.region, args, step.undo)


class LateGrant:
    """The step's run."""

    def do(self, step: Step, running: Running) -> Facts:
        """As GrantStep. Raises WorkbenchError."""
        made = str(running.earlier[step.args["of"]]["api_id"])

        def note(facts: Facts) -> None:
            running.note({**facts, "api_id": made})

        return {**GrantStep().do(_step(step, made), replace(running, note=note)), "api_id": made}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """As GrantStep. Raises WorkbenchError."""
        if "api_id" in facts:
            GrantStep().undo(_step(step, str(facts["api_id"])), facts, running)


def _step(step: Step, made: str) -> Step:
    args = step.args
    wanted = WantedGrant(args["principal"], args["source_arn"].replace(API_ID, made))
    return grant_step(SourceKind(args["kind"]), wanted, args["function_arn"], args["qualifier"])
