"""What a Node.js function failed with, as Lambda's runtime reports it: errorType, errorMessage, trace.

MiniStack's worker tells the message only. Here its script puts the whole report in the message's place,
behind a mark, and `reported` takes it out again.

WORKAROUND: remove when MiniStack's worker passes on the type and the trace of what was thrown.
"""

import json
from typing import Any

from ministack.core import lambda_runtime

_MARK = "\u0001workbench-error:"
_REPORT = """
function __workbenchError(err) {
  const isError = err && typeof err === "object" && "message" in err;
  const root = process.env.LAMBDA_TASK_ROOT || "";
  const lines = isError && err.stack ? String(err.stack).split("\\n") : [];
  return "\\u0001workbench-error:" + JSON.stringify({
    errorType: isError ? String(err.name || "Error") : typeof err,
    errorMessage: isError ? String(err.message) : String(err),
    trace: root ? lines.map((line) => line.split(root).join("/var/task")) : lines,
  });
}
"""
_TOLD = (
    ("error: String(err.message || err), trace:", "error: __workbenchError(err), trace:"),
    ("error: e.message, trace:", "error: __workbenchError(e), trace:"),
)


def install() -> None:
    """Corrects the script of MiniStack's worker."""
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    for there, wanted in _TOLD:
        script = script.replace(there, wanted)
    lambda_runtime._NODEJS_WORKER_SCRIPT = _REPORT + script


def reported(body: Any) -> Any:
    """Returns the answer of a failed invocation with what was reported, if anything was."""
    message = body.get("errorMessage") if isinstance(body, dict) else None
    if not isinstance(message, str) or not message.startswith(_MARK):
        return body
    return json.loads(message.removeprefix(_MARK))
