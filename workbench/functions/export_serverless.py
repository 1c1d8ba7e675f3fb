"""A function's configuration as a file of the Serverless Framework. Pure.

Source: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

import re
from typing import Any

from workbench.functions.export_names import own_tags
from workbench.functions.export_sources import EXPORTED, Sources
from workbench.functions.model import FunctionDetail
from workbench.functions.yaml_text import dump_yaml

Properties = dict[str, Any]


def serverless_file(detail: FunctionDetail, sources: Sources, *, with_values: bool = False) -> str:
    """The file, as YAML.

    Args:
        detail: The function.
        sources: What makes it run.
        with_values: Whether the environment's values stand in it. Without, each comes from the environment
            of who deploys ("${env:TOKEN}").
    """
    function = _code(detail) | _settings(detail, with_values=with_values) | _operation(detail)
    function |= _sources(sources)
    document = {
        "service": _service(detail.function_name),
        "provider": {"name": "aws", "region": detail.region},
        "functions": {_key(detail.function_name): function},
    }
    notes = [f"event source {each}" for each in sources.left_out]
    notes += [f"file system {each.arn}" for each in detail.file_systems[1:]]  # the Framework takes one
    return "".join(f"# Not in this file: {' '.join(note.split())}\n" for note in notes) + dump_yaml(document)


def _service(function_name: str) -> str:
    """A service's name begins with a letter, and has letters, digits and hyphens."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", function_name).strip("-")
    return name if name[:1].isalpha() else f"service-{name}"


def _key(function_name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", function_name).strip("_") or "function"


def _code(detail: FunctionDetail) -> Properties:
    found: Properties = {"name": detail.function_name}
    if detail.package_type != "Image":
        return found | {"handler": detail.handler, "runtime": detail.runtime}
    image: Properties = {"uri": detail.image_uri}
    if detail.entry_point:
        image["entryPoint"] = list(detail.entry_point)
    if detail.command:
        image["command"] = list(detail.command)
    if detail.working_directory:
        image["workingDirectory"] = detail.working_directory
    return found | {"image": image}


def _settings(detail: FunctionDetail, *, with_values: bool) -> Properties:
    found: Properties = {}
    if detail.description:
        found["description"] = detail.description
    found["architecture"] = detail.architectures[0] if detail.architectures else "x86_64"
    found |= {"memorySize": detail.memory_mb, "timeout": detail.timeout_s, "role": detail.role_arn}
    if detail.ephemeral_storage_mb != 512:
        found["ephemeralStorageSize"] = detail.ephemeral_storage_mb
    if detail.environment:
        found["environment"] = {
            name: value if with_values else f"${{env:{name}}}" for name, value in detail.environment
        }
    if detail.kms_key_arn:
        found["kmsKeyArn"] = detail.kms_key_arn
    if detail.layers:
        found["layers"] = list(detail.layers)
    if detail.subnet_ids:
        found["vpc"] = {
            "securityGroupIds": list(detail.security_group_ids),
            "subnetIds": list(detail.subnet_ids),
        }
    if detail.file_systems:
        first = detail.file_systems[0]
        found["fileSystemConfig"] = {"arn": first.arn, "localMountPath": first.mount_path}
    return found


def _operation(detail: FunctionDetail) -> Properties:
    found: Properties = {}
    if detail.tracing == "Active":
        found["tracing"] = "Active"
    if detail.snap_start != "None":
        found["snapStart"] = True
    if detail.dead_letter_arn:
        found["onError"] = detail.dead_letter_arn
    if detail.reserved_concurrency is not None:
        found["reservedConcurrency"] = detail.reserved_concurrency
    logs: Properties = {}
    if detail.log_group and detail.log_group != f"/aws/lambda/{detail.function_name}":
        logs["logGroup"] = detail.log_group
    if detail.log_format != "Text":
        logs["logFormat"] = detail.log_format
        if detail.application_log_level:
            logs["applicationLogLevel"] = detail.application_log_level
        if detail.system_log_level:
            logs["systemLogLevel"] = detail.system_log_level
    if logs:
        found["logs"] = logs
    if tags := own_tags(detail.tags):
        found["tags"] = tags
    return found


def _sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        url: Properties = {"invokeMode": sources.url.invoke_mode}
        if sources.url.auth_type == "AWS_IAM":
            url["authorizer"] = "aws_iam"
        found["url"] = url
    events = []
    for each in sources.mappings:
        if each.service not in EXPORTED:
            continue
        event: Properties = {"arn": each.arn}
        if each.service != "sqs":
            event["type"] = each.service
        if each.starting_position:
            event["startingPosition"] = each.starting_position
        if each.batch_size:
            event["batchSize"] = each.batch_size
        if each.window_s:
            event["maximumBatchingWindow" if each.service == "sqs" else "batchWindow"] = each.window_s
        if not each.enabled:
            event["enabled"] = False
        events.append({"sqs" if each.service == "sqs" else "stream": event})
    return found | ({"events": events} if events else {})
