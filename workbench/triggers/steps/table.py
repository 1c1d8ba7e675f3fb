"""The StepRun of each action: those of all modules of this package."""

from collections.abc import Mapping

from workbench.triggers import async_settings, grants, role
from workbench.triggers.kinds import cognito, iot, kinesis, logs, url
from workbench.triggers.step import StepRun
from workbench.triggers.steps import (
    calls,
    dynamodb,
    http_api,
    mapping,
    rest_api,
    rule,
    s3,
    schedule,
    sns,
    source_create,
    sqs,
)

MODULES = (
    async_settings,
    cognito,
    grants,
    iot,
    kinesis,
    logs,
    role,
    url,
    calls,
    dynamodb,
    http_api,
    mapping,
    rest_api,
    rule,
    s3,
    schedule,
    sns,
    source_create,
    sqs,
)
STEP_RUNS: Mapping[str, StepRun] = {action: run for module in MODULES for action, run in module.RUNS.items()}
