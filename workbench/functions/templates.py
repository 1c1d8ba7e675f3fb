"""Templates of new functions: working code per event source and language, a test event, permissions.

They are read from resources/templates, one folder for each event source.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template as Text

from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench_sandbox.rules.runtimes import family_of

SOURCES = ("plain", "http", "s3", "sqs", "sns", "dynamodb", "kinesis", "schedule")
"""The event sources, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the templates.

    Attributes:
        family: Prefix of its runtimes ("python", "nodejs").
        handler: The handler of all its templates.
    """

    family: str
    handler: str


LANGUAGES = (
    Language("python", "lambda_function.lambda_handler"),
    Language("nodejs", "index.handler"),
)


@dataclass(frozen=True, slots=True)
class AccountRegion:
    """Partition, region and account of a new function: "aws", "eu-central-1", "123456789012"."""

    partition: str
    region: str
    account_id: str


@dataclass(frozen=True, slots=True)
class Template:
    """Code for one event source in one language.

    Attributes:
        source: One of SOURCES.
        event_name: Its sample event in resources/events.
        source_service: The service in ARNs of the source ("sqs"); empty if the source invokes the function,
            which needs no permission of the role.
        any_source: Resource part of the ARN that matches all sources of an account and region.
        statements: Policy statements for the source, JSON with `${source}` for its ARN.
    """

    source: str
    language: Language
    folder: Path
    event_name: str
    source_service: str
    any_source: str
    statements: str

    def files(self) -> tuple[tuple[str, str], ...]:
        """Paths and contents of the code, without files that an installer compiled."""
        return tuple(
            (path.relative_to(self.folder).as_posix(), path.read_text("utf-8"))
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        )

    def policy(
        self, function_name: str, place: AccountRegion, source_arn: str = "", log_group: str = ""
    ) -> str:
        """The least policy of the role, as a document: its log group and its source.

        Args:
            place: The function's account and region.
            source_arn: The source to read; empty for any source of that kind in the account and region.
            log_group: The log group; empty for the default one.
        """
        service, kind = self.source_service, self.any_source
        any_source = f"arn:{place.partition}:{service}:{place.region}:{place.account_id}:{kind}"
        # The log group with everything in it, which all log actions except tagging are checked against.
        # Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
        log = Arn(
            place.partition,
            "logs",
            place.region,
            place.account_id,
            f"log-group:{log_group or f'/aws/lambda/{function_name}'}:*",
        )
        logs = {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": str(log),
        }
        source = json.loads(Text(self.statements).substitute(source=source_arn or any_source))
        return json.dumps({"Version": "2012-10-17", "Statement": [logs, *source]}, indent=2)

    def accepts_source(self, source_arn: str) -> bool:
        """Whether the function can read from this: an ARN of the template's service."""
        try:
            service = Arn.parse(source_arn).service
        except ValueError:
            return False
        return service == self.source_service and not re.search(r"[\s\"\\]", source_arn)


def load_templates(folder: Path) -> tuple[Template, ...]:
    """All templates of resources/templates, by source, then language.

    Raises:
        WorkbenchError: A file is missing or damaged, and so is the installation.
    """
    try:
        return tuple(each for source in SOURCES for each in _of_source(folder / source))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise WorkbenchError(
            _("The templates could not be read."), f"{folder}: {error}", _("Reinstall Workbench.")
        ) from error


def _of_source(folder: Path) -> tuple[Template, ...]:
    about = json.loads((folder / "template.json").read_text("utf-8"))
    source = about["source"] or {"service": "", "any": ""}
    return tuple(
        Template(
            folder.name,
            language,
            folder / language.family,
            about["event"],
            source["service"],
            source["any"],
            json.dumps(about["statements"]),
        )
        for language in LANGUAGES
        if (folder / language.family).is_dir()
    )


def language_of(runtime: str) -> Language | None:
    """The language of a runtime, even of a later version ("python3.20")."""
    return next((language for language in LANGUAGES if language.family == family_of(runtime)), None)
