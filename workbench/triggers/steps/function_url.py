"""Creates, changes and deletes a function URL."""

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import CONFLICT, GONE, find
from workbench.triggers.step import Running, Step, StepRun
from workbench.triggers.steps.retries import retry_on

URL_CREATE, URL_CHANGE, URL_DELETE = "url-create", "url-change", "url-delete"
_BUSY = ((CONFLICT, "update is in progress"), (CONFLICT, "cannot be performed at this time"))
_SETTINGS = ("AuthType", "InvokeMode", "Cors")


def url_config(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A URL's settings as they are compared and restored: all of them, whatever AWS leaves out."""
    return {
        "AuthType": answer.get("AuthType", ""),
        "InvokeMode": answer.get("InvokeMode") or "BUFFERED",
        "Cors": {key: value for key, value in (answer.get("Cors") or {}).items() if _is_set(value)},
    }


def _is_set(value: object) -> bool:
    return not (value is None or value is False or value == [])


def qualified(function_name: str, qualifier: str) -> dict[str, Any]:
    """The two parameters that all calls of URLs have."""
    return {"FunctionName": function_name} | ({"Qualifier": qualifier} if qualifier else {})


class UrlCreate:
    """args: function_name, qualifier, config. The plan is made only where there is no URL yet."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it; facts: url.

        Raises:
            WorkbenchError: AWS refused, or another one was created meanwhile.
        """
        config, name = step.args["config"], step.args["function_name"]
        where = qualified(name, step.args["qualifier"])
        failure = f"Could not create a function URL for {name}."
        now = find(running.connection, "get_function_url_config", failure, **where)
        if not now:
            running.note({"added": True})
            request = {key: value for key, value in config.items() if value}
            now = retry_on(
                lambda: running.connection.call(
                    "lambda", "create_function_url_config", failure=failure, **where, **request
                ),
                running,
                _BUSY,
            )
        elif url_config(now) != config:
            raise WorkbenchError(
                failure,
                f"A different URL was created a moment ago: {now['FunctionUrl']}",
                "Check that URL first.",
                CONFLICT,
            )
        return {"url": str(now["FunctionUrl"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it, if this run created it and it still is what was made.

        Raises:
            WorkbenchError: AWS refused.
        """
        if not facts.get("added"):
            return
        name = step.args["function_name"]
        where = qualified(name, step.args["qualifier"])
        now = find(
            running.connection, "get_function_url_config", f"Could not read the URL of {name}.", **where
        )
        is_ours = facts.get("url") in (None, now.get("FunctionUrl"))
        if now and is_ours and url_config(now) == step.args["config"]:
            _delete(running, name, where)


class UrlChange:
    """args: function_name, qualifier, config, before."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets it."""
        self._set(step, step.args["config"], running)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets what was before, unless it was changed again."""
        name = step.args["function_name"]
        where = qualified(name, step.args["qualifier"])
        now = find(
            running.connection, "get_function_url_config", f"Could not read the URL of {name}.", **where
        )
        if now and url_config(now) == step.args["config"] != step.args["before"]:
            self._set(step, step.args["before"], running)

    def _set(self, step: Step, config: Mapping[str, Any], running: Running) -> None:
        name = step.args["function_name"]
        where = qualified(name, step.args["qualifier"])
        settings = {key: config[key] for key in _SETTINGS}  # an empty Cors takes the old one away
        retry_on(
            lambda: running.connection.call(
                "lambda",
                "update_function_url_config",
                failure=f"Could not change the URL of {name}.",
                **where,
                **settings,
            ),
            running,
            _BUSY,
        )


class UrlDelete:
    """args: function_name, qualifier."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; no error if it does not exist."""
        name = step.args["function_name"]
        _delete(running, name, qualified(name, step.args["qualifier"]))
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Nothing brings an address back: a new URL would have another one."""


def _delete(running: Running, name: str, where: Mapping[str, Any]) -> None:
    try:
        retry_on(
            lambda: running.connection.call(
                "lambda",
                "delete_function_url_config",
                failure=f"Could not delete the URL of {name}.",
                **where,
            ),
            running,
            _BUSY,
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise


RUNS: Mapping[str, StepRun] = {URL_CREATE: UrlCreate(), URL_CHANGE: UrlChange(), URL_DELETE: UrlDelete()}
