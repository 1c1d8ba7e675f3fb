"""YAML as SAM, CloudFormation and the Serverless Framework use it, with tags such as !Ref and !Sub."""

from dataclasses import dataclass
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
        where = (
            _("Line {line}, column {column}: ").format(line=mark.line + 1, column=mark.column + 1)
            if mark
            else ""
        )
        raise WorkbenchError(
            what, f"{where}{error.problem}.", _("Correct the file, then try again.")
        ) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        why = _("This version of Workbench does not understand the YAML ({name}).").format(
            name=type(error).__name__
        )
        raise WorkbenchError(what, why, _("Correct the file, then try again.")) from None
