"""What STS refuses."""

from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "sts/test_sts.py::TestSTSIntegrations::test_sts_invalid_parameters"


def _check_role_arn(call: Call) -> None:
    arn = call.parameters.get("RoleArn", "")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        raise Refused("ValidationError", f"{arn} is invalid")


RULES: tuple[Rule, ...] = (
    Rule(
        ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"),
        _check_role_arn,
        (f"{_CASES}#malformed-arn", f"{_CASES}#no-resource", f"{_CASES}#not-enough-colons"),
    ),
)
