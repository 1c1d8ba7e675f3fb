"""The StepRun of each action, from all modules of this package."""

from collections.abc import Mapping

from workbench.triggers import async_settings, grants, queues, role
from workbench.triggers.kinds import cognito, dynamodb, iot, kinesis, logs, url
from workbench.triggers.step import StepRun
from workbench.triggers.steps import (
    calls,
    http_api,
    mapping,
    rest_api,
    rule,
    s3,
    schedule,
    sns,
    source_create,
)

MODULES = (
    async_settings,
    cognito,
    dynamodb,
    grants,
    iot,
    kinesis,
    logs,
    queues,
    role,
    url,
    calls,
    http_api,
    mapping,
    rest_api,
    rule,
    s3,
    schedule,
    sns,
    source_create,
)
STEP_RUNS: Mapping[str, StepRun] = {action: run for module in MODULES for action, run in module.RUNS.items()}
