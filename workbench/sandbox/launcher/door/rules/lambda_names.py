"""The function that a request to Lambda names, and AWS's answers if it does not exist.

Also the texts that all modules of Lambda's rules use.

The recorded tests are those of test_lambda_api.py unless another file is named.
"""

import functools
import re
from dataclasses import dataclass

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Check, Refused, Rules
from workbench.sandbox.launcher.door.stores import Record

LATEST = "$LATEST"
STALE_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the {api} API to retrieve the latest Revision Id"
)
GONE = "The resource you requested does not exist."
# A few of AWS's refusals have no Type; all others have "User".
TYPELESS = {"Type": None}
# NamespacedFunctionName of the service model, with names for its parts.
_REFERENCE = re.compile(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((?P<region>(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d):)?"
    r"((?P<account>\d{12}):)?(function:)?(?P<name>[a-zA-Z0-9-_.]+)"
    r"(:(?P<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
_ALIAS = re.compile(r"(?![0-9]+$)[a-zA-Z0-9-_]+")
NOT_FOUND = "Function not found: {arn}"
NOT_FOUND_QUALIFIED = "Function not found: {qualified}"
NOT_FOUND_LATEST = "Function not found: {latest}"
NO_ALIAS = "Cannot find alias arn: {qualified}"

rules = Rules()

invalid = functools.partial(Refused, "InvalidParameterValueException")
missing = functools.partial(Refused, "ResourceNotFoundException", status=404)
conflict = functools.partial(Refused, "ResourceConflictException", status=409)
denied = functools.partial(Refused, "AccessDeniedException", status=403)


def stale(api: str) -> Refused:
    """PreconditionFailedException: the RevisionId is not the latest, which `api` returns."""
    return Refused("PreconditionFailedException", STALE_REVISION.format(api=api), 412)


@dataclass(frozen=True, slots=True)
class FunctionTarget:
    """The function that a request names.

    Attributes:
        name: The bare name.
        qualifier: Version or alias, from the name or from Qualifier; empty if neither has one.
        arn: The unqualified ARN.
        function: MiniStack's record; None if the function does not exist.
    """

    name: str
    qualifier: str
    arn: str
    function: Record | None

    @property
    def record(self) -> Record:
        """MiniStack's record; empty if the function does not exist."""
        return self.function or {}

    @property
    def config(self) -> Record:
        """The configuration of $LATEST; empty if the function does not exist."""
        found: Record = self.record.get("config", {})
        return found

    @property
    def qualified(self) -> str:
        """The ARN with the qualifier, if there is one."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn

    @property
    def latest(self) -> str:
        """The ARN with the qualifier, or with $LATEST."""
        return f"{self.arn}:{self.qualifier or LATEST}"

    @property
    def named(self) -> Record:
        """The record of the qualified version, or the function's."""
        found, version = self.record, self.qualifier
        if version in found.get("aliases", {}):
            version = found["aliases"][version].get("FunctionVersion", LATEST)
        named: Record = found.get("versions", {}).get(version, found)
        return named

    def has(self, qualifier: str) -> bool:
        """Whether a version or alias exists. "" and $LATEST exist if the function does."""
        if self.function is None:
            return False
        return (
            qualifier in ("", LATEST, f"{LATEST}.PUBLISHED")
            or qualifier in self.function.get("versions", {})
            or qualifier in self.function.get("aliases", {})
        )


def target_of(call: Call) -> FunctionTarget:
    """Returns the target of FunctionName and Qualifier.

    Raises:
        Refused: The function is in another region, or in an account that grants nothing to this one, or
            FunctionName and Qualifier contradict each other.
    """
    given = call.text("FunctionName")
    match = _REFERENCE.fullmatch(given)
    if match is None:
        return FunctionTarget(given, "", f"{_prefix(call.region, call.account_id)}{given}", None)
    region, account_id = match["region"] or call.region, match["account"] or call.account_id
    if region != call.region:
        raise missing(f"Functions from '{region}' are not reachable in this region ('{call.region}')")
    in_name, asked = match["qualifier"] or "", call.text("Qualifier")
    if in_name and asked and in_name != asked:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    arn = f"{_prefix(region, account_id)}{match['name']}"
    function = stores.function(match["name"], account_id, region)
    if account_id != call.account_id and not (function and function["policy"]["Statement"]):
        if call.operation == "CreateFunction":
            raise denied("")
        action = "InvokeFunction" if call.operation.startswith("Invoke") else call.operation
        raise denied(
            f"User: {call.caller_arn} is not authorized to perform: lambda:{action} on resource: {arn} "
            f"because no resource-based policy allows the lambda:{action} action"
        )
    return FunctionTarget(match["name"], asked or in_name, arn, function)


def is_alias(qualifier: str) -> bool:
    """Whether a qualifier has the form of an alias's name."""
    return _ALIAS.fullmatch(qualifier) is not None


def must_exist(function: str, qualifier: str = "", alias: str = "") -> Check:
    """Refuses if the named function, version or alias does not exist.

    Args:
        function: The text for a missing function. {arn} is the unqualified ARN; {qualified} includes the
            qualifier if there is one; {latest} includes it or $LATEST. If empty, the text for its qualifier
            is used.
        qualifier: The text for a missing version; by default that for a function.
        alias: The text for a missing alias; by default that for a version.
    """

    def check(call: Call) -> None:
        target = target_of(call)
        if target.has(target.qualifier):
            return
        text = alias if alias and is_alias(target.qualifier) else qualifier or function
        if target.function is None and function:
            text = function
        raise missing(
            text.format(arn=target.arn, qualified=target.qualified, latest=target.latest, name=target.name)
        )

    return check


def unqualified_only(call: Call) -> None:
    """Refuses a version or alias where only a function is allowed."""
    if target_of(call).qualifier:
        raise invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
            "operation. Please specify either a function name or an unqualified function ARN."
        )


def _prefix(region: str, account_id: str) -> str:
    return f"arn:aws:lambda:{region}:{account_id}:function:"


rules.add(
    ("GetFunction", "GetFunctionConfiguration"),
    "TestLambdaFunction::test_ops_on_nonexisting_fn",
    "TestLambdaFunction::test_ops_on_nonexisting_version",
    "TestLambdaFunction::test_ops_with_arn_qualifier_mismatch",
    "TestLambdaFunction::test_get_function_wrong_region",
    "TestLambdaAlias::test_alias_lifecycle",
)(must_exist(NOT_FOUND_QUALIFIED))
rules.add(
    (
        "GetFunctionConcurrency",
        "DeleteFunctionConcurrency",
        "GetFunctionCodeSigningConfig",
        "DeleteFunctionCodeSigningConfig",
        "GetFunctionRecursionConfig",
        "PutFunctionRecursionConfig",
        "GetRuntimeManagementConfig",
        "PutRuntimeManagementConfig",
        "ListVersionsByFunction",
        "ListAliases",
        "DeleteAlias",
        "ListProvisionedConcurrencyConfigs",
    ),
    "TestLambdaFunction::test_ops_on_nonexisting_fn",
    "TestLambdaFunction::test_get_function_wrong_region",
    "TestCodeSigningConfig::test_code_signing_not_found_excs",
    "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions",
)(must_exist(NOT_FOUND))
