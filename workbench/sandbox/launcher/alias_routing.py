"""Which version runs for an alias: its own, or now and then the one that it gives a weight.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
WORKAROUND row 11: remove when MiniStack honours RoutingConfig, names aliases to what they invoke, and applies
reserved concurrency to versions.
"""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from workbench.sandbox.launcher.corrections import wrap

_Record = dict[str, Any]


def install() -> None:
    """Has events reach functions by the alias that they name, and versions share the reserved concurrency."""
    wrap(lambda_svc, _effective_func_record_for_qualifier=_named)
    lambda_svc._reserved_concurrency = _reserved


def routed(record: _Record, config: _Record) -> tuple[_Record, _Record]:
    """Returns what runs for an event: the record and configuration given, or those of the weighted version.

    Args:
        record: Of the version that the alias names, or whatever was invoked.
        config: Its configuration; the ARN in it has the alias.
    """
    parts = str(config.get("FunctionArn") or "").split(":")
    function = lambda_svc._functions.get(config.get("FunctionName")) or {}
    alias = function.get("aliases", {}).get(parts[7]) if len(parts) > 7 else None
    weights = ((alias or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    drawn = random.random()
    for number, weight in weights.items():
        drawn -= float(weight)
        version = function["versions"].get(number) if drawn < 0 else None
        if version:
            config = {**version["config"], "FunctionArn": config["FunctionArn"]}
            return {**version, "config": config}, config
    return record, config


def called_by(record: _Record, arn: str) -> _Record:
    """Returns a record whose configuration has the ARN that was called, with its alias."""
    return {**record, "config": {**record["config"], "FunctionArn": arn}}


def _named(original: Callable[..., Any], function: _Record | None, qualifier: str | None) -> Any:
    record, config = original(function, qualifier)
    if record is None or function is None or qualifier not in function.get("aliases", {}):
        return record, config
    named = called_by(record, str(function["aliases"][qualifier]["AliasArn"]))
    return named, named["config"]


def _reserved(record: _Record, config: _Record) -> int | None:
    """Returns the function's, whichever of its versions runs."""
    function = lambda_svc._functions.get(config.get("FunctionName")) or record or {}
    reserved = function.get("concurrency")
    return None if reserved is None else int(reserved)
