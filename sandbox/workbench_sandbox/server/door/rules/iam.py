"""What IAM and STS refuse."""

import functools

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.rules import Call, Refused, Rules, read_object

_DOCS = "https://docs.aws.amazon.com/IAM/latest/APIReference/"
_WITH_ROLE = (
    "AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
    "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies",
    "ListRoleTags", "PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UntagRole",
    "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
)  # fmt: skip
_ATTACHES = ("AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy")
# The services for which AWS answered this way; AWS documents no list.
_NO_SUFFIX = frozenset(f"{name}.amazonaws.com" for name in (
    "acm", "autoscaling-plans", "batch", "cassandra.application-autoscaling", "cks.kms",
    "codestar-notifications", "config", "dms-fleet-advisor", "dms", "docdb-elastic", "ec2-instance-connect",
    "ec2.application-autoscaling", "ecr", "ecs", "eks-connector", "eks-fargate", "eks", "elasticache",
    "elasticbeanstalk", "elasticloadbalancing", "email.cognito-idp", "emr-containers", "fis", "grafana",
    "iotmanagedintegrations", "kafkaconnect", "lakeformation", "lex", "lightsail", "memorydb", "mq",
    "mrk.kms", "notifications", "observability.aoss", "ops.emr-serverless", "opsdatasync.ssm",
    "opsinsights.ssm", "ram", "rds", "replication.cassandra", "replication.ecr",
    "repository.sync.codeconnections", "resource-explorer-2", "rolesanywhere", "s3-outposts", "ses",
    "shield", "ssm-incidents", "ssm-quicksetup", "ssm", "sso", "vpcorigin.cloudfront", "waf", "wafv2",
))  # fmt: skip

_missing = functools.partial(Refused, "NoSuchEntity", status=404)

rules = Rules("iam")


def _role(call: Call) -> stores.Record:
    return stores.role_named(call.text("RoleName")) or {}


@rules.add(
    ("CreatePolicy", "CreatePolicyVersion", "CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy"),
    "test_create_role_with_malformed_assume_role_policy_document",
)
def _check_json(call: Call) -> None:
    text = call.parameters.get("AssumeRolePolicyDocument", call.text("PolicyDocument"))
    if read_object(text) is None:
        is_trust = call.operation in ("CreateRole", "UpdateAssumeRolePolicy")
        text = "This policy contains invalid Json" if is_trust else "Syntax errors in policy."
        raise Refused("MalformedPolicyDocument", text)


rules.need(
    _WITH_ROLE, f"{_DOCS}API_GetRole.html",
    stores.role_named, "RoleName", _missing, "The role with name {name} cannot be found.",
)  # fmt: skip


@rules.add(_ATTACHES, "test_role_attach_policy")
def _check_policy_arn(call: Call) -> None:
    arn = call.text("PolicyArn")
    if len(arn.split(":", 5)) < 6 or not arn.startswith("arn:"):
        raise Refused("ValidationError", "Invalid ARN:  Could not be parsed!")
    if not stores.has_policy(arn):
        raise _missing(f"Policy {arn} does not exist or is not attachable.")


@rules.add(("DeleteRolePolicy", "GetRolePolicy"), f"{_DOCS}API_GetRolePolicy.html")
def _check_role_policy(call: Call) -> None:
    name = call.text("PolicyName")
    if name not in _role(call).get("InlinePolicies", {}):
        raise _missing(f"The role policy with name {name} cannot be found.")


@rules.add("DetachRolePolicy", f"{_DOCS}API_DetachRolePolicy.html")
def _check_attached(call: Call) -> None:
    arn = call.text("PolicyArn")
    if arn not in _role(call).get("AttachedPolicies", ()):
        raise _missing(f"Policy {arn} was not found.")


@rules.add("DeleteRole", f"{_DOCS}API_DeleteRole.html")
def _check_deletable(call: Call) -> None:
    for member, action in (
        ("InlinePolicies", "delete policies"),
        ("AttachedPolicies", "detach all policies"),
    ):
        if _role(call).get(member):
            raise Refused("DeleteConflict", f"Cannot delete entity, must {action} first.", 409)


@rules.add("CreateServiceLinkedRole", "test_service_role_lifecycle_custom_suffix_not_allowed")
def _check_suffix(call: Call) -> None:
    service = call.parameters.get("AWSServiceName")
    if call.parameters.get("CustomSuffix") and service in _NO_SUFFIX:
        raise Refused("InvalidInput", f"Custom suffix is not allowed for {service}")


of_sts = Rules("sts")


@of_sts.add(("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"), "test_sts_invalid_parameters")
def _check_role_arn(call: Call) -> None:
    arn = call.text("RoleArn")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        raise Refused("ValidationError", f"{arn} is invalid")
