"""Tags of functions, event source mappings, capacity providers and code signing configurations."""

import re

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Rule
from workbench.sandbox.launcher.door.rules.lambda_names import invalid, missing, tested
from workbench.sandbox.launcher.door.stores import Record

_TAGS = "TestLambdaTags::test_tag_exceptions#"
_OPERATIONS = ("ListTags", "TagResource", "UntagResource")
_RESOURCE = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d{12}):(?P<kind>[a-z-]+):(?P<rest>.+)"
)
_KINDS = {
    "function": "Function",
    "event-source-mapping": "Event source mapping",
    "capacity-provider": "Capacity provider",
    "code-signing-config": "Code signing config",
}
# Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
_MAX_TAGS = 50


def _check_resource(call: Call) -> None:
    resource = str(call.parameters["Resource"])
    match = _RESOURCE.fullmatch(resource)
    if match is None or match["kind"] not in _KINDS:
        return
    if match["kind"] == "function" and ":" in match["rest"]:
        raise invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    if _tagged(match) is None:
        raise missing(f"{_KINDS[match['kind']]} not found: {resource}")


def _tagged(match: re.Match[str]) -> Record | None:
    if match["kind"] == "function":
        return stores.function(match["rest"], match["account"], match["region"])
    if match["kind"] == "event-source-mapping":
        return stores.mapping(match["rest"])
    if match["kind"] == "code-signing-config":
        return stores.code_signing_config(match[0])
    return stores.capacity_provider(match["rest"])


def _check_some(call: Call) -> None:
    if not call.parameters.get("Tags"):
        raise invalid("An error occurred and the request cannot be processed.")


def _check_count(call: Call) -> None:
    match = _RESOURCE.fullmatch(str(call.parameters.get("Resource", "")))
    record = (_tagged(match) if match else None) or {}
    there = record.get("tags", record.get("Tags")) or {}
    if len({*there, *(call.parameters.get("Tags") or ())}) > _MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")


RULES = (
    Rule(
        ("TagResource",),
        _check_some,
        tested(_TAGS + "tag_empty_tags"),
    ),
    Rule(
        _OPERATIONS,
        _check_resource,
        tested(
            _TAGS + "tag_lambda_doesnotexist",
            _TAGS + "tag_lambda_qualifier_doesnotexist",
            "TestLambdaTags::test_tag_versions#tag_resource_exception",
            "TestLambdaTags::test_tag_versions#tag_resource_latest_exception",
            "TestLambdaTags::test_tag_lifecycle#list_tags_postdelete",
            "TestLambdaTag::test_tag_exceptions[lambda_function]#aliased_arn_exception",
            *(
                f"TestLambdaTag::test_tag_exceptions[{kind}]#not_found_exception_{operation}"
                for kind in ("lambda_function", "event_source_mapping", "capacity_provider")
                for operation in ("list", "tag", "untag")
            ),
        ),
    ),
    Rule(
        ("TagResource", "CreateFunction", "CreateEventSourceMapping"),
        _check_count,
        ("https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html",),
    ),
)
