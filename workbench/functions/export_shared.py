"""What a SAM template and a file of the Serverless Framework say alike, spelt differently. Pure.

Members bear CloudFormation's names; the Framework's begin with a small letter (`camel`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.functions.export_sources import EventSource
from workbench.functions.model import FileSystem, FunctionDetail

Properties = dict[str, Any]


def camel(members: Mapping[str, Any]) -> Properties:
    """The same members in the Framework's spelling."""
    return {name[0].lower() + name[1:]: value for name, value in members.items()}


def image_config(detail: FunctionDetail) -> Properties:
    """What a container image is started with, as far as that is not the image's own."""
    members = {
        "EntryPoint": list(detail.entry_point),
        "Command": list(detail.command),
        "WorkingDirectory": detail.working_directory,
    }
    return {name: value for name, value in members.items() if value}


def vpc_config(detail: FunctionDetail) -> Properties:
    """Its network; empty for none."""
    if not detail.subnet_ids:
        return {}
    return {"SecurityGroupIds": list(detail.security_group_ids), "SubnetIds": list(detail.subnet_ids)}


def file_system(each: FileSystem) -> Properties:
    """A file system that it mounts."""
    return {"Arn": each.arn, "LocalMountPath": each.mount_path}


def logging_config(detail: FunctionDetail) -> Properties:
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


def mapping_config(each: EventSource, window: str) -> Properties:
    """An event source mapping without its ARN.

    Args:
        each: The mapping.
        window: What the time is called for which records are gathered.
    """
    members = {
        "StartingPosition": each.starting_position,
        "BatchSize": each.batch_size,
        window: each.window_s,
    }
    found = {name: value for name, value in members.items() if value}
    return found if each.enabled else found | {"Enabled": False}


def comments(notes: Iterable[str]) -> str:
    """Notes as the first lines of a file. A comment ends with its line."""
    return "".join(f"# {' '.join(note.split())}\n" for note in notes)
