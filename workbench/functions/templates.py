"""Templates of new functions: working code per event source and language, its test event, its permissions.

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

SOURCES = ("plain", "http", "s3", "sqs", "sns", "dynamodb", "kinesis", "schedule")
"""The event sources, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Language:
    """What the templates are written in.

    Attributes:
        family: What the names of its runtimes begin with ("python", "nodejs").
        handler: Of every template.
        oldest: The first version that is offered: AWS creates no functions for older ones, or soon will not.
            Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """

    family: str
    handler: str
    oldest: tuple[int, ...]


LANGUAGES = (
    Language("python", "lambda_function.lambda_handler", (3, 10)),
    Language("nodejs", "index.handler", (22,)),
)
_RUNTIME = re.compile(r"(?P<family>[a-z]+)(?P<version>\d+(\.\d+)*)(\.x)?")


@dataclass(frozen=True, slots=True)
class AccountRegion:
    """Where a function is going to be: "aws", "eu-central-1", "123456789012"."""

    partition: str
    region: str
    account_id: str


@dataclass(frozen=True, slots=True)
class Template:
    """Code for one event source in one language.

    Attributes:
        source: The event source, one of SOURCES.
        language: What it is written in.
        folder: The code.
        event_name: The sample event (resources/events) that it answers.
        source_service: ARNs' name of the service that the function reads from ("sqs"); empty where the event
            source invokes the function, which needs no permission of the role.
        any_source: The resource part of the ARN that stands for all sources of an account and region.
        statements: JSON of the policy's statements for the source, with `${source}` for its ARN.
    """

    source: str
    language: Language
    folder: Path
    event_name: str
    source_service: str
    any_source: str
    statements: str

    def files(self) -> tuple[tuple[str, str], ...]:
        """Paths and texts of the code, without what an installer compiled beside it."""
        return tuple(
            (path.relative_to(self.folder).as_posix(), path.read_text("utf-8"))
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        )

    def policy(
        self, function_name: str, place: AccountRegion, source_arn: str = "", log_group: str = ""
    ) -> str:
        """The least that the function's role must allow, as a policy document: its own log, its source.

        Args:
            function_name: Of the new function.
            place: Where it will be.
            source_arn: What it reads from; empty for anything of the kind in its account and region.
            log_group: Where it logs; empty for the group of its name.
        """
        service, kind = self.source_service, self.any_source
        any_source = f"arn:{place.partition}:{service}:{place.region}:{place.account_id}:{kind}"
        # The group with all in it: what every action on logs but tagging is judged by.
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
        """Whether this can be what the function reads from: an ARN of the template's service."""
        try:
            service = Arn.parse(source_arn).service
        except ValueError:
            return False
        return service == self.source_service and not re.search(r"[\s\"\\]", source_arn)


def load_templates(folder: Path) -> tuple[Template, ...]:
    """All templates of resources/templates, by source, then language.

    Raises:
        WorkbenchError: A file is missing or damaged: the installation is.
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


def offered_runtimes(known: tuple[str, ...]) -> tuple[str, ...]:
    """The runtimes that there are templates for, by language, the newest first.

    Args:
        known: All that the service model lists.
    """
    found = []
    for language in LANGUAGES:
        versions = {runtime: _version(runtime, language) for runtime in known}
        fit = [(version, runtime) for runtime, version in versions.items() if version >= language.oldest]
        found += [runtime for __, runtime in sorted(fit, reverse=True)]
    return tuple(found)


def language_of(runtime: str) -> Language | None:
    """The language of a runtime, also of one that is not known yet ("python3.20")."""
    return next((language for language in LANGUAGES if _version(runtime, language)), None)


def _version(runtime: str, language: Language) -> tuple[int, ...]:
    match = _RUNTIME.fullmatch(runtime)
    if match is None or match["family"] != language.family:
        return ()
    return tuple(map(int, match["version"].split(".")))
