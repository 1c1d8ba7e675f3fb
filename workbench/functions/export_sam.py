"""A function's configuration as a SAM template. Pure.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-resource-function.html
"""

from typing import Any

from workbench.functions.export_names import logical_id, logical_ids, own_tags
from workbench.functions.export_sources import EXPORTED, Sources
from workbench.functions.model import FunctionDetail
from workbench.functions.yaml_text import Tagged, dump_yaml

Properties = dict[str, Any]


def sam_template(
    detail: FunctionDetail, sources: Sources, code_uri: str = "./", *, with_values: bool = False
) -> str:
    """The template, as YAML.

    Args:
        detail: The function.
        sources: What makes it run.
        code_uri: The folder of its code, from the template's own.
        with_values: Whether the environment's values stand in it. Without, each is a parameter that is asked
            for when the template is deployed, and shown to nobody.
    """
    parameters = {} if with_values else logical_ids((name for name, _ in detail.environment), "Env")
    template: Properties = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": detail.description or detail.function_name,
    }
    if parameters:
        template["Parameters"] = {made: {"Type": "String", "NoEcho": True} for made in parameters.values()}
    properties = _code(detail, code_uri) | _settings(detail)
    if detail.environment:
        properties["Environment"] = {
            "Variables": {
                name: value if with_values else Tagged("!Ref", parameters[name])
                for name, value in detail.environment
            }
        }
    properties |= _network(detail) | _operation(detail) | _sources(sources)
    if tags := own_tags(detail.tags):
        properties["Tags"] = tags
    template["Resources"] = {
        logical_id(detail.function_name, "Function"): {
            "Type": "AWS::Serverless::Function",
            "Properties": properties,
        }
    }
    return _left_out(sources) + dump_yaml(template)


def _code(detail: FunctionDetail, code_uri: str) -> Properties:
    found: Properties = {"FunctionName": detail.function_name}
    if detail.package_type == "Image":
        found |= {"PackageType": "Image", "ImageUri": detail.image_uri}
        image: Properties = {}
        if detail.entry_point:
            image["EntryPoint"] = list(detail.entry_point)
        if detail.command:
            image["Command"] = list(detail.command)
        if detail.working_directory:
            image["WorkingDirectory"] = detail.working_directory
        return found | ({"ImageConfig": image} if image else {})
    return found | {"CodeUri": code_uri, "Handler": detail.handler, "Runtime": detail.runtime}


def _settings(detail: FunctionDetail) -> Properties:
    found: Properties = {}
    if detail.description:
        found["Description"] = detail.description
    found |= {
        "Architectures": list(detail.architectures),
        "MemorySize": detail.memory_mb,
        "Timeout": detail.timeout_s,
        "Role": detail.role_arn,
    }
    if detail.ephemeral_storage_mb != 512:
        found["EphemeralStorage"] = {"Size": detail.ephemeral_storage_mb}
    if detail.kms_key_arn:
        found["KmsKeyArn"] = detail.kms_key_arn
    if detail.layers:
        found["Layers"] = list(detail.layers)
    return found


def _network(detail: FunctionDetail) -> Properties:
    found: Properties = {}
    if detail.subnet_ids:
        vpc: Properties = {
            "SecurityGroupIds": list(detail.security_group_ids),
            "SubnetIds": list(detail.subnet_ids),
        }
        if detail.ipv6_dual_stack:
            vpc["Ipv6AllowedForDualStack"] = True
        found["VpcConfig"] = vpc
    if detail.file_systems:
        found["FileSystemConfigs"] = [
            {"Arn": each.arn, "LocalMountPath": each.mount_path} for each in detail.file_systems
        ]
    return found


def _operation(detail: FunctionDetail) -> Properties:
    found: Properties = {}
    if detail.tracing == "Active":
        found["Tracing"] = "Active"
    if detail.snap_start != "None":
        found["SnapStart"] = {"ApplyOn": detail.snap_start}
    if arn := detail.dead_letter_arn:
        found["DeadLetterQueue"] = {"Type": "SNS" if ":sns:" in arn else "SQS", "TargetArn": arn}
    if detail.reserved_concurrency is not None:
        found["ReservedConcurrentExecutions"] = detail.reserved_concurrency
    if logging := _logging(detail):
        found["LoggingConfig"] = logging
    if detail.durable_timeout_s is not None:
        found["DurableConfig"] = {
            "ExecutionTimeout": detail.durable_timeout_s,
            **({"RetentionPeriodInDays": days} if (days := detail.durable_retention_days) else {}),
        }
    return found


def _logging(detail: FunctionDetail) -> Properties:
    """What differs from what every function has of itself."""
    found: Properties = {}
    if detail.log_group and detail.log_group != f"/aws/lambda/{detail.function_name}":
        found["LogGroup"] = detail.log_group
    if detail.log_format != "Text":
        found["LogFormat"] = detail.log_format
        if detail.application_log_level:
            found["ApplicationLogLevel"] = detail.application_log_level
        if detail.system_log_level:
            found["SystemLogLevel"] = detail.system_log_level
    return found


def _sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        found["FunctionUrlConfig"] = {
            "AuthType": sources.url.auth_type,
            "InvokeMode": sources.url.invoke_mode,
        }
    events: Properties = {}
    for each in sources.mappings:
        if (kind := EXPORTED.get(each.service)) is None:
            continue
        event: Properties = {"Queue" if kind == "SQS" else "Stream": each.arn}
        if each.starting_position:
            event["StartingPosition"] = each.starting_position
        if each.batch_size:
            event["BatchSize"] = each.batch_size
        if each.window_s:
            event["MaximumBatchingWindowInSeconds"] = each.window_s
        if not each.enabled:
            event["Enabled"] = False
        events[f"{kind}{len(events) + 1}"] = {"Type": kind, "Properties": event}
    return found | ({"Events": events} if events else {})


def _left_out(sources: Sources) -> str:
    """Says in comments what is not in the template. An ARN is one line, and comments end with it."""
    return "".join(
        f"# Not in this file: event source {' '.join(each.split())}\n" for each in sources.left_out
    )
