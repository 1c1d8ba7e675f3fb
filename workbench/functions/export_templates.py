"""A function as a SAM template, and as a file of the Serverless Framework. Pure.

Sources: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
sam-resource-function.html, https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

import json
import re
from collections.abc import Iterator

from workbench.core.messages import _
from workbench.functions.export_sources import (
    EXPORTED,
    BucketSource,
    Properties,
    Sources,
    TopicSource,
    camel,
    comments,
    configured,
    logical_id,
    logical_ids,
    mapping_config,
    not_in_sam,
    not_in_serverless,
    other_settings_not_in_sam,
    other_settings_not_in_serverless,
    own_tags,
    sam_members,
    sam_settings,
    serverless_members,
    serverless_settings,
)
from workbench.functions.model import FunctionDetail
from workbench.functions.template_functions import Tagged, dump_yaml


def sam_template(
    detail: FunctionDetail, sources: Sources, code_uri: str = "./", *, with_values: bool = False
) -> str:
    """The SAM template of a function, YAML.

    Args:
        sources: The function's event sources.
        code_uri: The folder of the code, relative to the template.
        with_values: Whether to include the values of environment variables. Otherwise each becomes a NoEcho
            parameter, which is asked for at deployment.
    """
    parameters = {} if with_values else logical_ids((name for name, __ in detail.environment), "Env")
    template: Properties = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": detail.description or detail.function_name,
    }
    if parameters:
        template["Parameters"] = {made: {"Type": "String", "NoEcho": True} for made in parameters.values()}
    settings, left = configured(
        detail, lambda row: row.path if row.sam == "" else row.sam, ("environment", "dead_letter_arn")
    )
    properties = _code(detail, code_uri) | settings
    if detail.environment:
        properties["Environment"] = {
            "Variables": {
                name: value if with_values else Tagged("!Ref", parameters[name])
                for name, value in detail.environment
            }
        }
    properties |= _operation(detail) | sam_members(sources.other_settings) | _sources(sources)
    if tags := own_tags(detail.tags):
        properties["Tags"] = tags
    template["Resources"] = {
        logical_id(detail.function_name, "Function"): {
            "Type": "AWS::Serverless::Function",
            "Properties": properties,
        },
        **_buckets(sources),
    }
    return _notes(detail, sources, code_uri, left) + dump_yaml(template)


def _code(detail: FunctionDetail, code_uri: str) -> Properties:
    found: Properties = {"FunctionName": detail.function_name}
    if detail.package_type == "Image":
        return found | {"PackageType": "Image", "ImageUri": detail.image_uri}
    code: str | Properties = code_uri
    if (where := detail.s3_object) is not None:
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
        #     sam-property-function-functioncode.html
        code = {"Bucket": where.bucket, "Key": where.key, "StorageMode": "REFERENCE"}
        code |= {"Version": where.version} if where.version else {}
    return found | {"CodeUri": code} | detail.source_key


def _operation(detail: FunctionDetail) -> Properties:
    found: Properties = {"Architectures": list(detail.architectures)}
    if arn := detail.dead_letter_arn:
        found["DeadLetterQueue"] = {"Type": "SNS" if ":sns:" in arn else "SQS", "TargetArn": arn}
    if detail.reserved_concurrency is not None:
        found["ReservedConcurrentExecutions"] = detail.reserved_concurrency
    if detail.is_managed:
        found["PublishToLatestPublished"] = True  # otherwise callers get no version
    return found


def _sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        cors = {"Cors": json.loads(sources.url.cors)} if sources.url.cors else {}
        found["FunctionUrlConfig"] = {
            "AuthType": sources.url.auth_type,
            "InvokeMode": sources.url.invoke_mode,
            **cors,
        }
    made = [*_mapped(sources), *_pushed(sources)]
    events = {
        f"{kind}{number}": {"Type": kind, "Properties": event} for number, (kind, event) in enumerate(made, 1)
    }
    return found | ({"Events": events} if events else {})


def _mapped(sources: Sources) -> Iterator[tuple[str, Properties]]:
    for each in sources.mappings:
        if kind := EXPORTED.get(each.service):
            arn: Properties = {"Queue" if kind == "SQS" else "Stream": each.arn}
            yield kind, arn | mapping_config(each, "MaximumBatchingWindowInSeconds") | sam_settings(each)


def _pushed(sources: Sources) -> Iterator[tuple[str, Properties]]:
    for bucket in sources.buckets:
        event: Properties = {"Bucket": Tagged("!Ref", _bucket_id(bucket)), "Events": list(bucket.events)}
        parts = (("prefix", bucket.prefix), ("suffix", bucket.suffix))
        rules = [{"Name": name, "Value": value} for name, value in parts if value]
        yield "S3", event | ({"Filter": {"S3Key": {"Rules": rules}}} if rules else {})
    for rule in sources.rules:
        state = {} if rule.enabled else {"State": "DISABLED"}
        given = {"Input": rule.input} if rule.input else {}
        if rule.schedule:
            yield "Schedule", {"Schedule": rule.schedule, **given, **state}
        if rule.pattern:
            bus = {"EventBusName": rule.bus} if rule.bus != "default" else {}
            yield "EventBridgeRule", {"Pattern": json.loads(rule.pattern), **bus, **given, **state}
    for topic in sources.topics:
        yield "SNS", {"Topic": topic.arn, **_filter(topic)}


def _filter(topic: TopicSource) -> Properties:
    if not topic.filter_policy:
        return {}
    return {
        "FilterPolicy": json.loads(topic.filter_policy),
        "FilterPolicyScope": topic.scope or "MessageAttributes",
    }


def _bucket_id(bucket: BucketSource) -> str:
    return logical_id(bucket.bucket, "Bucket")


def _buckets(sources: Sources) -> Properties:
    """SAM connects only buckets of the same template.

    Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-property-function-s3.html
    """
    return {
        _bucket_id(each): {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": each.bucket},
        }
        for each in sources.buckets
    }


def _notes(detail: FunctionDetail, sources: Sources, code_uri: str, left: list[str]) -> str:
    imported = dict.fromkeys(each.bucket for each in sources.buckets)
    return comments(
        (
            *(
                [f"The code is in {detail.s3_object}: set CodeUri to {code_uri} to deploy local code."]
                if detail.s3_object is not None
                else []
            ),
            *(f"Not in this file: event source {each}" for each in sources.left_out),
            *(
                f"Not in this file: {each}"
                for each in (*left, *not_in_sam(sources), *other_settings_not_in_sam(sources.other_settings))
            ),
            *(
                f"The bucket {each} already exists: import it into the stack, or remove it "
                "and its event here."
                for each in imported
            ),
        )
    )


_TOPIC = ":sns:"
"""The Framework accepts no other dead-letter target, and refuses a file that has one."""
_BY_HAND = ("environment", "file_systems", "dead_letter_arn")
_CORS = {
    "AllowCredentials": "allowCredentials",
    "AllowHeaders": "allowedHeaders",
    "AllowMethods": "allowedMethods",
    "AllowOrigins": "allowedOrigins",
    "ExposeHeaders": "exposedResponseHeaders",
    "MaxAge": "maxAge",
}


def serverless_file(detail: FunctionDetail, sources: Sources, *, with_values: bool = False) -> str:
    """The file for a function, YAML.

    Args:
        sources: The function's event sources.
        with_values: Whether to include the values of environment variables. Otherwise they are taken from the
            environment of the deployment ("${env:TOKEN}").
    """
    settings, left = configured(detail, lambda row: row.serverless, _BY_HAND)
    if "snapStart" in settings:
        settings["snapStart"] = True
    function = (
        {"name": detail.function_name} | settings | _serverless_operation(detail, with_values=with_values)
    )
    if detail.package_type == "Image":
        function["image"] = {"uri": detail.image_uri} | settings.get("image", {})
    function |= serverless_members(sources.other_settings) | _serverless_sources(sources)
    document = {
        "service": _service(detail.function_name),
        "provider": {"name": "aws", "region": detail.region},
        "functions": {_key(detail.function_name): function},
    }
    notes = [_("event source {each}").format(each=each) for each in sources.left_out]
    notes += [*left, *not_in_serverless(sources), *other_settings_not_in_serverless(sources.other_settings)]
    notes += [
        _("file system {arn}").format(arn=each.arn) for each in detail.file_systems[1:]
    ]  # the Framework supports one
    if detail.source_kms_key_arn:
        notes.append(
            _("KMS key of the package {source_kms_key_arn}").format(
                source_kms_key_arn=detail.source_kms_key_arn
            )
        )
    if detail.s3_object is not None:
        notes.append(
            _("reference to {s3_object}: Lambda keeps a copy of the deployed code").format(
                s3_object=detail.s3_object
            )
        )
    if detail.dead_letter_arn and _TOPIC not in detail.dead_letter_arn:
        notes.append(_("dead-letter queue {dead_letter_arn}").format(dead_letter_arn=detail.dead_letter_arn))
    return comments(f"Not in this file: {note}" for note in notes) + dump_yaml(document)


def _service(function_name: str) -> str:
    """A service name starts with a letter, followed by letters, digits and hyphens."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", function_name).strip("-")
    return name if name[:1].isalpha() else f"service-{name}"


def _key(function_name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", function_name).strip("_") or "function"


def _serverless_operation(detail: FunctionDetail, *, with_values: bool) -> Properties:
    found: Properties = {"architecture": detail.architecture}
    if detail.environment:
        found["environment"] = {
            name: value if with_values else f"${{env:{name}}}" for name, value in detail.environment
        }
    if detail.file_systems:
        first = detail.file_systems[0]
        found["fileSystemConfig"] = {"arn": first.arn, "localMountPath": first.mount_path}
    if _TOPIC in detail.dead_letter_arn:
        found["onError"] = detail.dead_letter_arn
    if detail.reserved_concurrency is not None:
        found["reservedConcurrency"] = detail.reserved_concurrency
    if tags := own_tags(detail.tags):
        found["tags"] = tags
    return found


def _serverless_sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        url: Properties = {"invokeMode": sources.url.invoke_mode}
        if sources.url.auth_type == "AWS_IAM":
            url["authorizer"] = "aws_iam"
        if sources.url.cors:
            cors = json.loads(sources.url.cors)
            url["cors"] = {_CORS[name]: value for name, value in cors.items() if name in _CORS}
        found["url"] = url
    events = [*_serverless_mappings(sources), *_serverless_pushed(sources)]
    return found | ({"events": events} if events else {})


def _serverless_mappings(sources: Sources) -> Iterator[Properties]:
    for each in sources.mappings:
        if each.service not in EXPORTED:
            continue
        is_queue = each.service == "sqs"
        event: Properties = {"arn": each.arn} | ({} if is_queue else {"type": each.service})
        event |= camel(mapping_config(each, "MaximumBatchingWindow" if is_queue else "BatchWindow"))
        event |= serverless_settings(each)
        yield {"sqs" if is_queue else "stream": event}


def _serverless_pushed(sources: Sources) -> Iterator[Properties]:
    for bucket in sources.buckets:
        parts = (("prefix", bucket.prefix), ("suffix", bucket.suffix))
        rules = [{name: value} for name, value in parts if value]
        for name in bucket.events:
            event: Properties = {"bucket": bucket.bucket, "event": name, "existing": True}
            yield {"s3": event | ({"rules": rules} if rules else {})}
    for rule in sources.rules:
        state = {} if rule.enabled else {"enabled": False}
        given = {"input": json.loads(rule.input)} if rule.input else {}
        if rule.schedule:
            yield {"schedule": {"rate": rule.schedule, **given, **state}}
        if rule.pattern:
            # By ARN, since a name would create a new bus.
            place = rule.arn.partition(":rule/")[0]
            bus = {"eventBus": f"{place}:event-bus/{rule.bus}"} if rule.bus != "default" else {}
            yield {"eventBridge": {**bus, "pattern": json.loads(rule.pattern), **given, **state}}
    for topic in sources.topics:
        wanted: Properties = {"arn": topic.arn}
        if topic.filter_policy:
            wanted["filterPolicy"] = json.loads(topic.filter_policy)
            wanted["filterPolicyScope"] = topic.scope or "MessageAttributes"
        yield {"sns": wanted}
