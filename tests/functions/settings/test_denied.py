"""With one permission of the viewing policy denied, the rest of a function's settings is read."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.settings import read_others

_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
_RUNTIME = "arn:aws:lambda:eu-central-1::runtime:0123456789abcdef"
_SIGNING = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("logs", "describe_log_groups", {"logGroups": [{"logGroupName": "/aws/lambda/hello"}]}),
    ("lambda", "get_function_recursion_config", {"RecursiveLoop": "Terminate"}),
    (
        "lambda",
        "get_runtime_management_config",
        {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": _RUNTIME, "FunctionArn": _ARN},
    ),
    (
        "lambda",
        "get_function_code_signing_config",
        {"FunctionName": "hello", "CodeSigningConfigArn": _SIGNING},
    ),
    ("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": []}),
    ("lambda", "get_account_settings", {}),
)


@pytest.mark.parametrize(
    ("denied", "action", "statement", "hidden"),
    [
        (
            "describe_log_groups",
            "logs:DescribeLogGroups",
            "ViewLogsAndMetrics",
            ["log_retention_days"],
        ),
        (
            "get_function_recursion_config",
            "lambda:GetFunctionRecursionConfig",
            "ViewFunctions",
            ["recursion"],
        ),
        (
            "get_runtime_management_config",
            "lambda:GetRuntimeManagementConfig",
            "ViewFunctions",
            ["runtime_update_mode", "runtime_version_arn"],
        ),
        (
            "get_function_code_signing_config",
            "lambda:GetFunctionCodeSigningConfig",
            "ViewFunctions",
            ["code_signing_config_arn"],
        ),
        (
            "list_provisioned_concurrency_configs",
            "lambda:ListProvisionedConcurrencyConfigs",
            "ViewFunctions",
            ["provisioned"],
        ),
        ("get_account_settings", "lambda:GetAccountSettings", "ViewFunctions", []),
    ],
)
def test_the_rest_is_read_and_what_is_missing_names_its_statement(
    aws: StubbedAws, denied: str, action: str, statement: str, hidden: list[str]
) -> None:
    function = {"FunctionName": "hello", "FunctionArn": _ARN, "PackageType": "Zip", "MemorySize": 512}
    aws.answer("lambda", "get_function", {"Configuration": function})
    for service, method, answer in _CALLS:
        if method == denied:
            text = f"User: arn:aws:iam::123456789012:user/x is not authorized to perform: {action} because no"
            aws.refuse(
                service, method, "AccessDeniedException", f"{text} identity-based policy allows it", 403
            )
        else:
            aws.answer(service, method, answer)
    reading = read_others(aws.connection, get_function(aws.connection, "hello"), JobContext())
    assert reading.settings.memory_mb == 512
    assert [name for name, _ in reading.unread] == hidden
    for _, why in reading.unread:
        assert f"Ask for the permission {action} (statement {statement} of view.json" in why
    seen = {
        "recursion": reading.settings.recursion == "Terminate",
        "runtime_update_mode": reading.settings.runtime_update_mode == "Manual",
        "code_signing_config_arn": reading.settings.code_signing_config_arn == _SIGNING,
    }
    assert {name for name, is_read in seen.items() if not is_read} == seen.keys() & set(hidden)
