"""A function's configuration as a file of the Serverless Framework. Pure.

Source: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

import json
import re
from collections.abc import Iterator

from workbench.core.messages import _
from workbench.functions.export_sources import (
    EXPORTED,
    Properties,
    Sources,
    camel,
    comments,
    configured,
    mapping_config,
    not_in_serverless,
    other_settings_not_in_serverless,
    own_tags,
    serverless_members,
    serverless_settings,
)
from workbench.functions.model import FunctionDetail
from workbench.functions.yaml_text import dump_yaml

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
    function = {"name": detail.function_name} | settings | _operation(detail, with_values=with_values)
    if detail.package_type == "Image":
        function["image"] = {"uri": detail.image_uri} | settings.get("image", {})
    function |= serverless_members(sources.other_settings) | _sources(sources)
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


def _operation(detail: FunctionDetail, *, with_values: bool) -> Properties:
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


def _sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        url: Properties = {"invokeMode": sources.url.invoke_mode}
        if sources.url.auth_type == "AWS_IAM":
            url["authorizer"] = "aws_iam"
        if sources.url.cors:
            cors = json.loads(sources.url.cors)
            url["cors"] = {_CORS[name]: value for name, value in cors.items() if name in _CORS}
        found["url"] = url
    events = [*_mapped(sources), *_pushed(sources)]
    return found | ({"events": events} if events else {})


def _mapped(sources: Sources) -> Iterator[Properties]:
    for each in sources.mappings:
        if each.service not in EXPORTED:
            continue
        is_queue = each.service == "sqs"
        event: Properties = {"arn": each.arn} | ({} if is_queue else {"type": each.service})
        event |= camel(mapping_config(each, "MaximumBatchingWindow" if is_queue else "BatchWindow"))
        event |= serverless_settings(each)
        yield {"sqs" if is_queue else "stream": event}


def _pushed(sources: Sources) -> Iterator[Properties]:
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
