"""Function URLs."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Rule
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    conflict,
    missing,
    must_exist,
    target_of,
    tested,
)

_URLS = "TestLambdaUrl::test_url_config_exceptions#"
_NO_FUNCTION = "Function does not exist"


def _check_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is None:
        raise missing(GONE)


def _check_new_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = {target.qualified}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )


RULES = (
    Rule(
        ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "ListFunctionUrlConfigs"),
        must_exist(_NO_FUNCTION),
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_{what}"
                for operation in ("create", "update")
                for what in (
                    "name_doesnotexist",
                    "arn_doesnotexist",
                    "qualifier_alias_doesnotexist",
                    "qualifier_alias_doesnotmatch_arn",
                )
            ),
            "TestLambdaUrl::test_url_config_list_paging#list_function_notfound",
        ),
    ),
    Rule(
        ("GetFunctionUrlConfig", "DeleteFunctionUrlConfig"),
        must_exist(GONE),
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_{what}"
                for operation in ("get", "delete")
                for what in ("name_doesnotexist", "arn_doesnotexist", "qualifier_alias_doesnotexist")
            ),
            _URLS + "get_function_url_config_qualifier_alias_doesnotmatch_arn",
            "TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_url_config]#not_found_exception",
            "TestLambdaFunction::test_get_function_wrong_region[get_function_url_config]#wrong_region_exception",
        ),
    ),
    Rule(
        ("GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"),
        _check_url,
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_config_doesnotexist"
                for operation in ("get", "update", "delete")
            ),
            "TestLambdaUrl::test_url_config_deletion_without_qualifier#get_url_config_after_deletion",
        ),
    ),
    Rule(
        ("CreateFunctionUrlConfig",),
        _check_new_url,
        ("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html",),
    ),
)
