"""What the execution role must allow for a source, and the steps that allow it; roles of rules and schedules.

`read_role` asks IAM. Without permission for the policy simulator the answer is unknown, and blocks nothing.
The steps undo only what is ours.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions import roles
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import POLICY_NAME, trusts_lambda
from workbench.triggers.mappings import part_of_values
from workbench.triggers.model import (
    OTHER,
    Denied,
    Finding,
    Findings,
    ObservedRole,
    SourceKind,
    TriggerPlan,
    TriggerSpec,
    Values,
    block,
    steps_fix,
    warn,
)
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    changed_meanwhile,
    is_equal_json,
    no_state,
    seen_state,
)

_ATTACH_POLICY, _INLINE_POLICY = "attach policy", "inline policy"
_DETACH_POLICY, _DELETE_POLICY = "detach policy", "delete inline policy"
_OWN_POLICY = "own policy"
_GONE = "NoSuchEntity"
Needs = Sequence[tuple[str, str]]
"""(action, resource) pairs."""
SERVICE_ROLE, _SERVICE_ROLE_DELETE = "service-role", "service-role-delete"


def read_role(connection: Connection, detail: FunctionDetail, needs: Needs, ctx: JobContext) -> ObservedRole:
    """Reads whether Lambda can assume the role, and what the role lacks. Changes nothing."""
    name = detail.role_arn.rpartition("/")[2]
    trusts, denied, problems = None, None, []
    ctx.check()
    try:
        role = connection.call(
            "iam", "get_role", failure=_("Could not read the role {name}.").format(name=name), RoleName=name
        )["Role"]
        trusts = trusts_lambda(role.get("AssumeRolePolicyDocument"))
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return ObservedRole(False, None, str(error))
        problems.append(str(error))
    try:
        failure = _("Could not simulate the permissions of the execution role.")
        denied = simulate(connection, detail.role_arn, needs, failure, ctx)
    except WorkbenchError as error:
        problems.append(str(error))
    return ObservedRole(trusts, denied, " ".join(problems))


def simulate(connection: Connection, role_arn: str, needs: Needs, failure: str, ctx: JobContext) -> Denied:
    """What a role may not do.

    Raises:
        WorkbenchError: The policy simulator may not be used.
    """
    denied = []
    for resource, actions in _by_resource(needs).items():
        pages = connection.paginate(
            "iam",
            "simulate_principal_policy",
            ctx=ctx,
            failure=failure,
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


def _by_resource(needs: Needs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for action, resource in needs:
        found.setdefault(resource, []).append(action)
    return found


def check_role(spec: TriggerSpec, role: ObservedRole, managed_policy: str) -> Findings:
    """Checks ROLE-TRUST and ROLE-DENY.

    Args:
        managed_policy: As `Source.managed_policy`.
    """
    detail = spec.function
    name = detail.role_arn.rpartition("/")[2]
    found = []
    if role.trusts_lambda is False:
        found.append(
            block(
                "ROLE-TRUST",
                _("Lambda cannot assume the execution role {name}.").format(name=name),
                _("Its trust policy does not include lambda.amazonaws.com, or the role does not exist."),
            )
        )
    if role.denied is None:
        found.append(
            warn(
                "ROLE-DENY",
                _(
                    "Could not determine whether the execution role {name} has the necessary permissions."
                ).format(name=name),
                role.problem or _("You do not have permission to use IAM's policy simulator."),
            )
        )
    elif role.denied:
        found.append(_denied(spec, name, role.denied, managed_policy))
    return tuple(found)


def _denied(spec: TriggerSpec, role_name: str, denied: Denied, managed_policy: str) -> Finding:
    words = ", ".join(f"{action} ({decision})" for action, __, decision in denied)
    refused = [action for action, __, decision in denied if decision == "explicitDeny"]
    if refused:
        why = _(
            "A policy explicitly denies it, so adding another policy does not help. Change the "
            "policy that contains the Deny."
        )
        return block(
            "ROLE-DENY",
            _("The role {role_name} denies {words}.").format(role_name=role_name, words=words),
            why,
        )
    fixes = []
    if managed_policy:
        title = _("Attach {managed_policy} to the role {role_name}").format(
            managed_policy=managed_policy, role_name=role_name
        )
        fixes.append(steps_fix(title, attach_step(spec.function, managed_policy)))
    step = inline_step(spec, [(action, resource) for action, resource, __ in denied])
    title = _("Add the minimum permissions to the role {role_name}").format(role_name=role_name)
    fixes.append(steps_fix(title, step, text=str(step.args["document"])))
    why = _(
        "Lambda uses this role to read the source. It can get the permissions from {managed_policy}."
    ).format(managed_policy=managed_policy or _("a policy"))
    return block(
        "ROLE-DENY",
        _("The execution role {role_name} lacks permissions: {words}.").format(
            role_name=role_name, words=words
        ),
        why,
        *fixes,
    )


def attach_step(detail: FunctionDetail, managed_policy: str) -> Step:
    """Attaches one of AWS's managed policies."""
    partition = detail.role_arn.split(":")[1]
    name = detail.role_arn.rpartition("/")[2]
    arn = f"arn:{partition}:iam::aws:policy/service-role/{managed_policy}"
    return Step(
        _ATTACH_POLICY,
        _("Attach {managed_policy} to the role {name}").format(managed_policy=managed_policy, name=name),
        "iam:AttachRolePolicy",
        detail.region,
        {"role_name": name, "policy_arn": arn},
        _("Detach the policy"),
    )


def inline_step(spec: TriggerSpec, needs: Needs) -> Step:
    """Adds an inline policy with exactly what is needed."""
    name = spec.function.role_arn.rpartition("/")[2]
    return Step(
        _INLINE_POLICY,
        _("Give the role {name} the permissions for the source").format(name=name),
        "iam:PutRolePolicy",
        spec.function.region,
        {
            "role_name": name,
            "policy_name": inline_name(spec.kind, spec.source_arn, spec.target_arn, spec.values),
            "document": json.dumps(_least_policy(needs), indent=2),
        },
        _("Delete the policy"),
    )


def inline_name(kind: SourceKind, source_arn: str, target_arn: str, values: Values) -> str:
    """The name of the inline policy for one trigger, recognizable as ours."""
    arn = source_arn if source_arn.startswith("arn:") else ""  # else its addresses are values
    what = "|".join((arn, target_arn, *part_of_values(values)))
    digest = hashlib.sha256(what.encode()).hexdigest()[:10]
    return f"wb-{kind}-{digest}"


def detach_step(detail: FunctionDetail, policy_arn: str) -> Step:
    """Detaches one of AWS's managed policies."""
    name = detail.role_arn.rpartition("/")[2]
    title = _("Detach {policy} from the role {name}").format(policy=policy_arn.rpartition("/")[2], name=name)
    args = {"role_name": name, "policy_arn": policy_arn}
    return Step(
        _DETACH_POLICY, title, "iam:DetachRolePolicy", detail.region, args, _("Attach the policy again")
    )


def delete_step(detail: FunctionDetail, policy_name: str) -> Step:
    """Deletes an inline policy that Workbench added."""
    name = detail.role_arn.rpartition("/")[2]
    title = _("Delete the policy {policy_name} of the role {name}, which was added for this trigger").format(
        policy_name=policy_name, name=name
    )
    args = {"role_name": name, "policy_name": policy_name}
    return Step(_DELETE_POLICY, title, "iam:DeleteRolePolicy", detail.region, args, _("Restore the policy"))


def own_policy_plan(detail: FunctionDetail, role_name: str, seen: str, document: str) -> TriggerPlan:
    """The plan that writes Workbench's own policy of a role, or deletes it.

    Args:
        seen: The document that the user saw; empty for none. One that was written since is kept.
        document: The new document; empty deletes the policy.
    """
    names = {"policy_name": POLICY_NAME, "name": role_name}
    title, undo = _("Change the policy {policy_name} of the role {name}"), _("Restore the earlier policy")
    if not document:
        title = _("Delete the policy {policy_name} of the role {name}")
    elif not seen:
        title, undo = _("Add the policy {policy_name} to the role {name}"), _("Delete the policy")
    call = "iam:PutRolePolicy" if document else "iam:DeleteRolePolicy"
    args = {"role_name": role_name, "policy_name": POLICY_NAME, "document": document, "seen": seen}
    step = Step(_OWN_POLICY, title.format(**names), call, detail.region, args, undo)
    return TriggerPlan(step.title, detail.function_arn, OTHER, (step,))


def _own_document(args: Args, _running: Running, present: State) -> State:
    """The new document, if the present one is still the one that the user saw."""
    if not is_equal_json(present, seen_state(args)) and not is_equal_json(present, args["document"]):
        raise changed_meanwhile(
            _("Could not change the permissions of the role {name}.").format(name=args["role_name"])
        )
    return args["document"]


def _least_policy(needs: Needs) -> Mapping[str, object]:
    """A policy that allows only these actions on these resources."""
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}
        for resource, actions in _by_resource(needs).items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _is_attached(args: Args, running: Running) -> bool | None:
    """True, or None if it is not attached."""
    return args["policy_arn"] in _attached(running, args["role_name"]) or None


def _attach(args: Args, running: Running, *__: State) -> None:
    failure = _("Could not attach the policy {name} to the role {role_name}.").format(
        name=_name(args), role_name=args["role_name"]
    )
    request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
    running.call("iam", "attach_role_policy", failure, **request)


def _detach(args: Args, running: Running, _present: State) -> None:
    failure = _("Could not detach the policy {name} from the role {role_name}.").format(
        name=_name(args), role_name=args["role_name"]
    )
    request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
    running.find("iam", "detach_role_policy", failure, **request)


def _read_document(args: Args, running: Running) -> str:
    """The document of an inline policy; empty if there is none."""
    request = {"RoleName": args["role_name"], "PolicyName": args["policy_name"]}
    failure = _("Could not read a permission of the role {role_name}.").format(role_name=args["role_name"])
    document = running.find("iam", "get_role_policy", failure, **request).get("PolicyDocument")
    return _text(document) if document else ""


def _write_document(args: Args, running: Running, document: State, _present: State) -> None:
    request = {"RoleName": args["role_name"], "PolicyName": args["policy_name"]}
    if document:
        failure = _("Could not add a permission to the role {role_name}.").format(role_name=args["role_name"])
        running.call("iam", "put_role_policy", failure, PolicyDocument=document, **request)
    else:
        failure = _("Could not remove a permission from the role {role_name}.").format(
            role_name=args["role_name"]
        )
        running.find("iam", "delete_role_policy", failure, **request)


def _joined(before: str, wanted: str) -> str:
    """A policy document that allows what both do; `before` itself if it lacks nothing.

    `wanted` is only what the role lacks, so statements of an earlier change of the same trigger are kept.
    """
    if not before:
        return wanted
    document = json.loads(before)
    there = document.get("Statement") or []
    statements = there if isinstance(there, list) else [there]
    missing = [each for each in json.loads(wanted)["Statement"] if each not in statements]
    return json.dumps({**document, "Statement": [*statements, *missing]}, indent=2) if missing else before


def _name(args: Any) -> str:
    return str(args["policy_arn"]).rpartition("/")[2]


def _attached(running: Running, role_name: str) -> set[str]:
    failure = _("Could not read the policies of the role {role_name}.").format(role_name=role_name)
    found = running.listed(
        "iam", "list_attached_role_policies", failure, "AttachedPolicies", RoleName=role_name
    )
    return {str(each["PolicyArn"]) for each in found}


def service_role_name(service: str, subject: str) -> str:
    """A name that is stable for a subject: "wb-scheduler-1a2b3c4d5e"."""
    return f"wb-{service.partition('.')[0]}-{hashlib.sha256(subject.encode()).hexdigest()[:10]}"


def is_own_role(role_arn: str, service: str, subject: str) -> bool:
    """Whether Workbench created this role for this subject."""
    return role_arn.rpartition("/")[2] == service_role_name(service, subject)


def service_role_step(
    service: str,
    subject: str,
    region: str,
    account_id: str,
    action: str,
    resources: list[str],
    more: Mapping[str, str] | None = None,
) -> Step:
    """A step that creates a role for a service, with its policy.

    Args:
        service: Principal that may assume it ("scheduler.amazonaws.com").
        subject: ARN of the resource that the role is for.
        region: The plan's region; IAM is global.
        account_id: The service may assume the role only for this account (confused deputy).
        action: The allowed action.
        more: Further actions, each with its resource.
    """
    name = service_role_name(service, subject)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    allowed = {action: resources, **{each: [resource] for each, resource in (more or {}).items()}}
    policy = [{"Effect": "Allow", "Action": each, "Resource": on} for each, on in allowed.items()]
    args = {"role_name": name, "trust": _document(trust), "policy": _document(*policy), "subject": subject}
    title = _("Create the role {name}, which allows {service} to call {action} on {resources}").format(
        name=name, service=service, action=action, resources=resources[0]
    )
    for each, resource in (more or {}).items():
        title = _("{title}, and {action} on {resource}").format(title=title, action=each, resource=resource)
    return Step(SERVICE_ROLE, title, "iam:CreateRole, iam:PutRolePolicy", region, args, _("Delete the role"))


def delete_role_step(role_arn: str, region: str) -> Step:
    """A step that deletes a role of ours."""
    name = role_arn.rpartition("/")[2]
    title = _("Delete the role {name}, which was created for it").format(name=name)
    args = {"role_name": name}
    undo = _("Create the role again")
    return Step(_SERVICE_ROLE_DELETE, title, "iam:DeleteRolePolicy, iam:DeleteRole", region, args, undo)


def _create_service_role(args: Args, running: Running) -> Facts:
    """Creates the role with its policy. Facts: role_arn."""
    name, connection = args["role_name"], running.connection
    failure = _("Could not create the role {name}.").format(name=name)
    answer = running.find("iam", "get_role", failure, RoleName=name)
    if not answer:
        running.note({"added": True})
        request = {"RoleName": name, "AssumeRolePolicyDocument": args["trust"]}
        description = f"Made by Workbench for {args['subject']}"[:1000]
        answer = running.call("iam", "create_role", failure, Description=description, **request)
    roles.put_policy(connection, name, args["policy"])
    return {"role_arn": str(answer["Role"]["Arn"])}


def _delete_created_role(args: Args, facts: Facts, running: Running) -> None:
    if facts.get("added"):
        roles.delete_policy(running.connection, args["role_name"])
        roles.delete_role(running.connection, args["role_name"])


def _delete_service_role(args: Args, running: Running) -> Facts:
    """Deletes the role unless others have added policies."""
    name, connection = args["role_name"], running.connection
    failure = _("Could not delete the role {name}.").format(name=name)
    answer = running.find("iam", "get_role", failure, RoleName=name)
    if not answer:
        return {}
    if not _is_untouched(name, running):
        return {}
    policy = running.find("iam", "get_role_policy", failure, RoleName=name, PolicyName=POLICY_NAME)
    facts = {
        "trust": _text(answer["Role"].get("AssumeRolePolicyDocument")),
        "policy": _text(policy.get("PolicyDocument")),
        "description": str(answer["Role"].get("Description") or ""),
    }
    running.note(facts)
    roles.delete_policy(connection, name)
    roles.delete_role(connection, name)
    return facts


def _create_role_again(args: Args, facts: Facts, running: Running) -> None:
    if not facts.get("trust"):
        return
    name = args["role_name"]
    request = {"AssumeRolePolicyDocument": facts["trust"], "Description": facts["description"]}
    try:
        running.call(
            "iam",
            "create_role",
            _("Could not create the role {name} again.").format(name=name),
            RoleName=name,
            **request,
        )
    except WorkbenchError as error:
        if error.aws_code != "EntityAlreadyExists":
            raise
    if facts.get("policy"):
        roles.put_policy(running.connection, name, str(facts["policy"]))


def _is_untouched(name: str, running: Running) -> bool:
    failure = _("Could not read the policies of the role {name}.").format(name=name)
    inline = running.listed("iam", "list_role_policies", failure, "PolicyNames", RoleName=name)
    return {str(each) for each in inline} <= {POLICY_NAME} and not _attached(running, name)


def _document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document or {})


_ATTACHED = Resource(_is_attached, _attach, _detach)
_DOCUMENT = Resource(_read_document, _write_document)
RUNS: Mapping[str, StepRun] = {
    _ATTACH_POLICY: Ensure(_ATTACHED, lambda *__: True),
    _DETACH_POLICY: Ensure(_ATTACHED, no_state, noted="removed"),
    _INLINE_POLICY: Ensure(
        _DOCUMENT, lambda args, __, present: _joined(present, args["document"]), same=is_equal_json
    ),
    _OWN_POLICY: Ensure(_DOCUMENT, _own_document, same=is_equal_json),
    _DELETE_POLICY: Ensure(_DOCUMENT, lambda *__: ""),
    SERVICE_ROLE: Once(_create_service_role, _delete_created_role),
    _SERVICE_ROLE_DELETE: Once(_delete_service_role, _create_role_again),
}
