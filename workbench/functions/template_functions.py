"""The functions in a SAM or CloudFormation template, or in a serverless.yml. Read only.

`load_yaml` and `dump_yaml` know YAML as these tools use it, with tags such as !Ref and !Sub.

Templates are other people's input: unknown shapes are left out, and nothing is executed.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_MAX_CHARACTERS = 1_000_000
"""CloudFormation's maximum template size.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
_LINE_WIDTH = 110

_PLAIN = (str, int, float)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a tag, such as !Ref Name. `value` is a text, or a tuple or dict of its items."""

    tag: str
    value: Any

    def __str__(self) -> str:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        # Nested values are not written out: a few lines of YAML can expand beyond the memory.
        return f"{self.tag} {'.'.join(str(v) if isinstance(v, _PLAIN) else '…' for v in values)}".strip()

    def __hash__(self) -> int:
        return hash((self.tag, str(self)))  # it may be the key of a mapping


class _Loader(yaml.SafeLoader):
    """Reads all tags that begin with one exclamation mark; creates no Python objects."""


def _construct(loader: _Loader, suffix: str, node: yaml.Node) -> Tagged:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = tuple(loader.construct_sequence(node, deep=True))
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = ""
    return Tagged(f"!{suffix}", value)


_Loader.add_multi_constructor("!", _construct)
# Times and dates stay texts: "2010-09-09" is the version of a template.
_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes repeated values out instead of using anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent(dumper: _Dumper, tagged: Tagged) -> yaml.Node:
    if isinstance(tagged.value, tuple):
        return dumper.represent_sequence(tagged.tag, list(tagged.value), flow_style=True)
    return dumper.represent_scalar(tagged.tag, str(tagged.value))


_Dumper.add_representer(Tagged, _represent)


def dump_yaml(document: dict[str, Any]) -> str:
    """A document as text, with its keys in order."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH))


def load_yaml(text: str, what: str) -> Any:
    """Reads a document. JSON is YAML, too.

    Args:
        what: For the message, as in "template.yaml could not be read.".
        text: The content of the file.

    Raises:
        WorkbenchError: It is not YAML, or too large; the message names the line.
    """
    if len(text) > _MAX_CHARACTERS:
        raise WorkbenchError(
            what, _("It has {count:,} characters, which is too large for a template.").format(count=len(text))
        )
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        why = (
            _("Line {line}, column {column}: {problem}.").format(
                line=mark.line + 1, column=mark.column + 1, problem=error.problem
            )
            if mark
            else f"{error.problem}."
        )
        raise WorkbenchError(what, why, _("Correct the file, then try again.")) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        why = _("This version of Workbench does not understand the YAML ({name}).").format(
            name=type(error).__name__
        )
        raise WorkbenchError(what, why, _("Correct the file, then try again.")) from None


TEMPLATE_NAMES = (
    "template.yaml",
    "template.yml",
    "template.json",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
)
_KINDS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_LONGEST_TEXT = 300
_STAGE = "dev"
"""The Serverless Framework's default stage."""


@dataclass(frozen=True, slots=True)
class TemplateFunction:
    """A function in a template. Values that are computed at deployment stay as written ("!Sub ...").

    Attributes:
        logical_id: Its id in the template.
        function_name: Its name in AWS; empty if the deployment chooses it.
        handler: "app.handler".
        runtime: "python3.13".
        events: Its event sources, in the template's words.
        code_folder: Relative to the template; empty if there is none (image, code in S3).
    """

    logical_id: str
    function_name: str
    handler: str
    runtime: str
    events: tuple[str, ...]
    code_folder: str


def read_template(text: str, name: str) -> tuple[TemplateFunction, ...]:
    """Finds the functions of a template, in order.

    Args:
        text: The content of the file.
        name: The file's name, for messages.

    Raises:
        WorkbenchError: It is not YAML, or not a template.
    """
    what = _("{name} could not be read.").format(name=name)
    document = load_yaml(text, what)
    if isinstance(document, Mapping):
        try:
            if isinstance(document.get("Resources"), Mapping):
                return _of_stack(document)
            if "functions" in document and "provider" in document:
                return _of_service(document)
        except RecursionError:
            raise WorkbenchError(what, _("It is nested too deeply.")) from None
    raise WorkbenchError(
        what,
        _("It is not a SAM, CloudFormation or Serverless Framework template."),
        _("Choose a file with “Resources”, or with “functions” and “provider”."),
    )


def code_folder_of(template: Path, function: TemplateFunction) -> Path | None:
    """The folder with a function's code, if it exists within the template's project.

    The project is the git checkout that contains the template, otherwise the template's own folder. A
    template is other people's input: paths or links that lead outside are ignored.
    """
    if not function.code_folder:
        return None
    home = template.resolve().parent
    root = next((each for each in (home, *home.parents) if (each / ".git").exists()), home)
    try:
        folder = (home / function.code_folder).resolve()
    except (OSError, ValueError, RuntimeError):  # a path that is too long, a NUL, or circular links
        return None
    return folder if folder.is_relative_to(root) and os.path.isdir(folder) else None


def _of_stack(document: Mapping[Any, Any]) -> tuple[TemplateFunction, ...]:
    shared = _map(_map(document.get("Globals")).get("Function"))
    found = []
    for logical_id, resource in document["Resources"].items():
        kind = _map(resource).get("Type")
        if kind not in _KINDS:
            continue
        own = _map(_map(resource).get("Properties"))
        properties = ({**shared, **own}) if kind == _KINDS[0] else dict(own)
        code = properties.get("CodeUri") if kind == _KINDS[0] else properties.get("Code")
        has_no_folder = properties.get("PackageType") == "Image" or "InlineCode" in own
        events = [_sam_event(each) for each in _map(own.get("Events")).values()]
        if "FunctionUrlConfig" in properties:
            events.append("FunctionUrl")
        found.append(
            TemplateFunction(
                _text(logical_id),
                _text(properties.get("FunctionName")),
                _text(properties.get("Handler")),
                _text(properties.get("Runtime")),
                tuple(filter(None, events)),
                "" if has_no_folder else _folder(code),
            )
        )
    return tuple(found)


_EVENT_FACTS = (
    "Method",
    "Path",
    "Queue",
    "Stream",
    "Topic",
    "Bucket",
    "Schedule",
    "ScheduleExpression",
    "Pattern",
)


def _sam_event(event: Any) -> str:
    """Its type and subject: "Api get /hello", "SQS arn:...", "Schedule rate(1 day)"."""
    properties = _map(_map(event).get("Properties"))
    facts = [_text(properties[name]) for name in _EVENT_FACTS if name in properties]
    return " ".join(filter(None, (_text(_map(event).get("Type")), *facts)))[:_LONGEST_TEXT]


def _of_service(document: Mapping[Any, Any]) -> tuple[TemplateFunction, ...]:
    provider = _map(document.get("provider"))
    service = document.get("service")
    service_name = _text(_map(service).get("name")) if isinstance(service, Mapping) else _text(service)
    stage = _text(provider.get("stage")) or _STAGE
    listed = document.get("functions")
    groups = listed if isinstance(listed, list) else [listed]  # functions from several files can be a list
    found = []
    for group in groups:
        for key, each in _map(group).items():
            function = _map(each)
            name = _text(function.get("name")) or f"{service_name}-{stage}-{_text(key)}"
            found.append(
                TemplateFunction(
                    _serverless_id(_text(key)),
                    name,
                    _text(function.get("handler")),
                    _text(function.get("runtime")) or _text(provider.get("runtime")),
                    tuple(filter(None, map(_serverless_event, _list(function.get("events"))))),
                    "" if "image" in function else ".",
                )
            )
    return tuple(found)


def _serverless_id(key: str) -> str:
    """The Framework's logical id of a function ("hello-world" -> "HelloDashworldLambdaFunction")."""
    normal = key.replace("-", "Dash").replace("_", "Underscore")
    return f"{normal[:1].upper()}{normal[1:]}LambdaFunction"


def _serverless_event(event: Any) -> str:
    if isinstance(event, str):
        return event[:_LONGEST_TEXT]
    for kind, about in _map(event).items():
        if isinstance(about, Mapping):
            facts = ("method", "path", "arn", "bucket", "rate", "type")
            text = " ".join(_text(about[name]) for name in facts if name in about)
        else:
            text = _text(about)
        return f"{_text(kind)} {text}".strip()[:_LONGEST_TEXT]
    return ""


def _folder(code: Any) -> str:
    """A local folder relative to the template; empty for S3, inline code, an image, or a computed value."""
    if code is None:
        return "."
    if not isinstance(code, str) or re.match(r"(?i)(s3|https?)://", code):
        return ""
    return code.rstrip("/") or "."


def _map(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A value in one line: computed values as written, other maps and lists empty."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, about),) = value.items()
        if name == "Ref" or str(name).startswith("Fn::"):
            value = Tagged(
                f"!{str(name).removeprefix('Fn::')}", tuple(about) if isinstance(about, list) else about
            )
    if isinstance(value, bool) or not isinstance(value, str | int | float | Tagged):
        return ""
    return " ".join(str(value).split())[:_LONGEST_TEXT]
