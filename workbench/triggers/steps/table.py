"""The StepRun of each action: those of all modules of this package."""

from collections.abc import Mapping

from workbench.triggers.step import StepRun
from workbench.triggers.steps import (
    async_config,
    calls,
    cognito,
    dynamodb,
    function_url,
    grant,
    http_api,
    iam,
    iot,
    kinesis,
    logs,
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
    async_config,
    calls,
    cognito,
    dynamodb,
    function_url,
    grant,
    http_api,
    iam,
    iot,
    kinesis,
    logs,
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
