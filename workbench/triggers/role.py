"""What the execution role must allow for a source, and the steps that allow it.

`read_role` asks IAM; the rest is pure. Without permission to use IAM's simulator the answer is unknown, and
blocks nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import trusts_lambda
from workbench.triggers.mappings import part_of_values
from workbench.triggers.model import (
    Finding,
    Fix,
    FixKind,
    ObservedFunction,
    Severity,
    SourceKind,
    TriggerSpec,
    Values,
)
from workbench.triggers.step import Step

ATTACH_POLICY, INLINE_POLICY = "attach policy", "inline policy"
DETACH_POLICY, DELETE_POLICY = "detach policy", "delete inline policy"
_GONE = "NoSuchEntity"
Needs = Sequence[tuple[str, str]]
"""Actions and the resources that they are for."""


@dataclass(frozen=True, slots=True)
class ObservedRole:
    """What IAM says of a role.

    Attributes:
        trusts_lambda: Whether Lambda may assume it; None when that may not be read.
        denied: What it lacks, as (action, resource, IAM's decision); None when it may not be simulated.
        problem: Why something is not known.
    """

    trusts_lambda: bool | None
    denied: tuple[tuple[str, str, str], ...] | None
    problem: str = ""


def read_role(connection: Connection, detail: FunctionDetail, needs: Needs, ctx: JobContext) -> ObservedRole:
    """Asks IAM whether the role can be assumed and what it lacks. Makes no changes.

    Raises:
        Cancelled: Between calls.
    """
    name = detail.role_arn.rpartition("/")[2]
    trusts, denied, problems = None, None, []
    ctx.check()
    try:
        role = connection.call("iam", "get_role", failure=f"Could not read the role {name}.", RoleName=name)[
            "Role"
        ]
        trusts = trusts_lambda(role.get("AssumeRolePolicyDocument"))
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return ObservedRole(False, None, str(error))
        problems.append(str(error))
    try:
        denied = _simulate(connection, detail.role_arn, needs, ctx)
    except WorkbenchError as error:
        problems.append(str(error))
    return ObservedRole(trusts, denied, " ".join(problems))


def _simulate(
    connection: Connection, role_arn: str, needs: Needs, ctx: JobContext
) -> tuple[tuple[str, str, str], ...]:
    by_resource: dict[str, list[str]] = {}
    for action, resource in needs:
        by_resource.setdefault(resource, []).append(action)
    denied = []
    for resource, actions in by_resource.items():
        pages = connection.paginate(
            "iam",
            "simulate_principal_policy",
            ctx=ctx,
            failure="Could not simulate the permissions of the execution role.",
            PolicySourceArn=role_arn,
            ActionNames=actions,
            ResourceArns=[resource],
        )
        denied += [
            (str(each["EvalActionName"]), resource, str(each["EvalDecision"]))
            for page in pages
            for each in page.get("EvaluationResults") or ()
            if each["EvalDecision"] != "allowed"
        ]
    return tuple(denied)


def check_role(spec: TriggerSpec, function: ObservedFunction, managed_policy: str) -> tuple[Finding, ...]:
    """Checks ROLE-TRUST and ROLE-DENY.

    Args:
        spec: What is wanted.
        function: With what was read of its role.
        managed_policy: See `Source.managed_policy`.
    """
    detail = spec.function
    name = detail.role_arn.rpartition("/")[2]
    found = []
    if function.trusts_lambda is False:
        found.append(
            Finding(
                "ROLE-TRUST",
                Severity.BLOCK,
                f"Lambda cannot assume the execution role {name}.",
                "Its trust policy does not include lambda.amazonaws.com, or the role does not exist.",
            )
        )
    if function.denied is None:
        found.append(
            Finding(
                "ROLE-DENY",
                Severity.WARN,
                f"Could not determine whether the execution role {name} has the necessary permissions.",
                function.role_problem or "You do not have permission to use IAM's policy simulator.",
            )
        )
    elif function.denied:
        found.append(_denied(spec, name, function, managed_policy))
    return tuple(found)


def _denied(spec: TriggerSpec, role_name: str, function: ObservedFunction, managed_policy: str) -> Finding:
    denied = function.denied or ()
    words = ", ".join(f"{action} ({decision})" for action, _, decision in denied)
    refused = [action for action, _, decision in denied if decision == "explicitDeny"]
    if refused:
        why = (
            "A policy explicitly denies it, so adding another policy does not help. Change the "
            "policy that contains the Deny."
        )
        return Finding("ROLE-DENY", Severity.BLOCK, f"The role {role_name} denies {words}.", why)
    fixes = []
    if managed_policy:
        title = f"Attach {managed_policy} to the role {role_name}"
        fixes.append(Fix(FixKind.STEPS, title, (attach_step(spec.function, managed_policy),)))
    step = inline_step(spec, [(action, resource) for action, resource, _ in denied])
    title = f"Add the minimum permissions to the role {role_name}"
    fixes.append(Fix(FixKind.STEPS, title, (step,), text=str(step.args["document"])))
    why = (
        "Lambda uses this role to read the source. It can get the permissions from "
        f"{managed_policy or 'a policy'}."
    )
    return Finding(
        "ROLE-DENY",
        Severity.BLOCK,
        f"The execution role {role_name} lacks permissions: {words}.",
        why,
        tuple(fixes),
    )


def attach_step(detail: FunctionDetail, managed_policy: str) -> Step:
    """Attaches one of AWS's managed policies."""
    partition = detail.role_arn.split(":")[1]
    name = detail.role_arn.rpartition("/")[2]
    arn = f"arn:{partition}:iam::aws:policy/service-role/{managed_policy}"
    return Step(
        ATTACH_POLICY,
        f"Attach {managed_policy} to the role {name}",
        "iam:AttachRolePolicy",
        detail.region,
        {"role_name": name, "policy_arn": arn},
        "Detach the policy",
    )


def inline_step(spec: TriggerSpec, needs: Needs) -> Step:
    """Gives the role just what is needed, as an inline policy of its own."""
    name = spec.function.role_arn.rpartition("/")[2]
    return Step(
        INLINE_POLICY,
        f"Give the role {name} the permissions for the source",
        "iam:PutRolePolicy",
        spec.function.region,
        {
            "role_name": name,
            "policy_name": inline_name(spec.kind, spec.source_arn, spec.target_arn, spec.values),
            "document": json.dumps(_least_policy(needs), indent=2),
        },
        "Delete the policy",
    )


def inline_name(kind: SourceKind, source_arn: str, target_arn: str, values: Values) -> str:
    """The name of the inline policy for one trigger, recognizable as ours."""
    arn = source_arn if source_arn.startswith("arn:") else ""  # addresses are among the values
    what = "|".join((arn, target_arn, *part_of_values(values)))
    digest = hashlib.sha256(what.encode()).hexdigest()[:10]
    return f"wb-{kind}-{digest}"


def detach_step(detail: FunctionDetail, policy_arn: str) -> Step:
    """Detaches one of AWS's managed policies."""
    name = detail.role_arn.rpartition("/")[2]
    title = f"Detach {policy_arn.rpartition('/')[2]} from the role {name}"
    args = {"role_name": name, "policy_arn": policy_arn}
    return Step(DETACH_POLICY, title, "iam:DetachRolePolicy", detail.region, args, "Attach the policy again")


def delete_step(detail: FunctionDetail, policy_name: str) -> Step:
    """Deletes an inline policy that Workbench added."""
    name = detail.role_arn.rpartition("/")[2]
    title = f"Delete the policy {policy_name} of the role {name}, which was added for this trigger"
    args = {"role_name": name, "policy_name": policy_name}
    return Step(DELETE_POLICY, title, "iam:DeleteRolePolicy", detail.region, args, "Restore the policy")


def _least_policy(needs: Needs) -> Mapping[str, object]:
    """A policy that allows these actions on these resources and nothing else."""
    by_resource: dict[str, list[str]] = {}
    for action, resource in needs:
        by_resource.setdefault(resource, []).append(action)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}
        for resource, actions in by_resource.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}
