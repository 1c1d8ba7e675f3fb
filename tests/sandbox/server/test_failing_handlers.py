"""Python handlers fail as on Lambda: errors, exits, time-outs, results that are too large or no JSON."""

import re
import shutil
import time

import pytest

from tests.sandbox.server.server import Server, package

FAILING = """
def inner():
    raise KeyError("wörd")

def handler(event, context):
    if event: return "fine"
    inner()
"""
PLATFORM = ("INIT_START", "INIT_REPORT", "START", "END", "REPORT")


def test_an_error_has_its_type_and_its_stack(server: Server) -> None:
    server.create("failing", FAILING)
    failed = server.invoke("failing")
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "KeyError"
    assert failed.payload["errorMessage"] == "'wörd'"
    assert failed.payload["requestId"] == failed.request_id
    frames = failed.payload["stackTrace"]
    assert [
        re.findall(r'^  File "/var/task/index\.py", line (\d+), in (\w+)', frame) for frame in frames
    ] == [[("7", "handler")], [("3", "inner")]]
    assert (
        "[ERROR] KeyError: 'wörd'\nTraceback (most recent call last):\n"
        '\xa0\xa0File "/var/task/index.py", line 7, in handler\n'
    ) in failed.log


def test_an_environment_stays_warm_after_an_error(server: Server) -> None:
    server.create(
        "warm", "import os\ndef handler(event, context):\n  if event: raise OSError\n  return os.getpid()\n"
    )
    first = server.invoke("warm").payload
    assert server.invoke("warm", 1).error == "Unhandled"
    assert server.invoke("warm").payload == first


@pytest.mark.parametrize(
    ("source", "error_type", "message", "logged"),
    [
        ("import missing_module\n", "Runtime.ImportModuleError", "No module named 'missing_module'", ""),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'", ""),
        ("", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'", ""),
        (
            "import sys; sys.exit(7)\n",
            "Runtime.ExitError",
            "Error: Runtime exited with error: exit status 7",
            "",
        ),
        ("x = 1 / 0\n", "ZeroDivisionError", "division by zero", "Runtime.Unknown"),
    ],
)
def test_a_handler_that_cannot_start(
    server: Server, source: str, error_type: str, message: str, logged: str
) -> None:
    """The order of the lines is that of functions on AWS."""
    name = f"no-start-{error_type.replace('.', '-')}"
    server.create(name, source)
    failed = server.invoke(name)
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == error_type
    assert message in failed.payload["errorMessage"]
    end = f"Status: error\tError Type: {logged or error_type}"
    # Once within init, once more within the invocation: Lambda's suppressed init.
    platform = [line for line in server.lines(name) if line.split()[0] in PLATFORM]
    assert [line.split()[0] for line in platform] == [
        *("INIT_START", "INIT_REPORT", "INIT_REPORT"),
        *("START", "END", "REPORT"),
    ]
    assert f"Phase: init\t{end}\n" in platform[1]
    assert f"Phase: invoke\t{end}\n" in platform[2]
    assert failed.report.rstrip().endswith(end)
    assert failed.log.count("INIT_REPORT") == 2


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("sys.exit(4)", "Runtime exited with error: exit status 4"),
    ],
)
def test_a_handler_that_ends_its_process(server: Server, statement: str, reason: str) -> None:
    name = f"exits-{abs(hash(statement))}"
    server.create(
        name, f"import os, sys\ndef handler(event, context):\n  if event: return 1\n  {statement}\n"
    )
    failed = server.invoke(name)
    assert failed.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {failed.request_id} Error: {reason}",
    }
    assert "Status: error\tError Type: Runtime.ExitError" in failed.report
    assert server.invoke(name, 1).payload == 1


def test_a_handler_that_needs_more_memory_than_its_function_has(server: Server) -> None:
    """Nothing else would stop it before its timeout, and this computer's memory would be full by then."""
    server.create(
        "needs-memory",
        "def handler(event, context):\n"
        "  held = []\n"
        "  while event is None:\n    held.append(bytearray(b'x' * 1_000_000))\n"
        "  return 1\n",
        Timeout=60,
    )
    failed = server.invoke("needs-memory")
    assert failed.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {failed.request_id} Error: Runtime exited with error: signal: killed",
    }
    used = re.search(r"Max Memory Used: (\d+) MB", failed.report)
    assert used
    assert int(used[1]) > 128
    assert server.invoke("needs-memory", 1).payload == 1


def test_node_collects_in_time_for_its_functions_memory(server: Server) -> None:
    """V8 would go by this computer's memory, and the function be stopped with half of it in garbage."""
    source = """
        const held = new Map();
        exports.handler = async () => {
            for (let i = 0; i < 3_000_000; i++)
                held.set(i % 60_000, {id: i, name: 'item ' + i, tags: ['a' + i, 'b'], more: {x: i}});
            return held.size;
        };
    """
    server.create(
        "churns", "", Runtime="nodejs22.x", Timeout=60, Code={"ZipFile": package("", index_js=source)}
    )
    assert server.invoke("churns").payload == 60_000


def test_a_handler_that_takes_too_long(server: Server) -> None:
    server.create(
        "slow", "import time\ndef handler(event, context):\n  print('began', flush=True)\n  time.sleep(60)\n"
    )
    server.client("lambda").update_function_configuration(FunctionName="slow", Timeout=1)
    server.settled("slow")
    started = time.monotonic()
    failed = server.invoke("slow")
    assert 1 <= time.monotonic() - started < 50  # it would take 60
    message = f"RequestId: {failed.request_id} Error: Task timed out after 1.00 seconds"
    assert failed.payload == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert "began\n" in failed.log
    assert re.search(rf"\d{{4}}-.*Z {failed.request_id} Task timed out after 1.00 seconds\n", failed.log)
    assert "Duration: 1000.00 ms" in failed.report
    assert "Status: timeout" in failed.report


def test_an_init_that_takes_longer_than_ten_seconds_is_repeated_within_the_timeout(server: Server) -> None:
    server.create("slow-init", "import time\ntime.sleep(60)\ndef handler(event, context): pass\n", Timeout=1)
    started = time.monotonic()
    failed = server.invoke("slow-init")
    assert 11 <= time.monotonic() - started < 50  # it would take 60
    assert failed.payload["errorMessage"].endswith("Task timed out after 1.00 seconds")
    reports = [line for line in server.lines("slow-init") if line.startswith("INIT_REPORT")]
    assert len(reports) == 2
    assert "Phase: init\tStatus: timeout" in reports[0]
    assert "Phase: invoke\tStatus: timeout" in reports[1]
    assert 10_000 <= float(re.findall(r"Duration: ([\d.]+) ms", reports[0])[0]) < 10_500


def test_a_response_beyond_the_limit_is_an_error(server: Server) -> None:
    server.create("large", "def handler(event, context): return 'x' * event\n")
    assert len(server.invoke("large", 6_000_000).payload) == 6_000_000
    failed = server.invoke("large", 7_000_000)
    assert failed.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert server.invoke("large", 1).payload == "x"


def test_a_result_that_is_no_json(server: Server) -> None:
    server.create("set", "def handler(event, context): return {1, 2}\n")
    assert server.invoke("set").payload["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize("runtime", ["java21", "ruby3.4", "dotnet8"])
def test_a_runtime_that_cannot_run_says_so(server: Server, runtime: str) -> None:
    name = f"unsupported-{runtime.replace('.', '-')}"
    server.create(name, "", Runtime=runtime)
    failed = server.invoke(name)
    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "Sandbox.CannotRun"
    assert failed.payload["errorMessage"].startswith(f"The Sandbox cannot run {runtime}.")
    assert failed.payload["errorMessage"] in failed.log
    assert failed.report


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = async () => { throw new Error('no') };", "Error", "no"),
        ("exports.handler = async () => { undefined.x };", "TypeError", ""),
        (
            "class Odd extends Error { name = 'Odd' }; exports.handler = () => { throw new Odd('odd') };",
            "Odd",
            "odd",
        ),
        ("exports.handler = (event, context, callback) => callback('text');", "string", "text"),
        ("exports.handler = () => { throw new RangeError('at once') };", "RangeError", "at once"),
    ],
    ids=["Error", "TypeError", "own class", "string", "synchronous"],
)
def test_an_error_has_its_type_and_its_trace(server: Server, source: str, kind: str, message: str) -> None:
    name = f"fails-{kind}"
    server.create(name, "", Runtime="nodejs22.x", Code={"ZipFile": package("", index_js=source)})
    answer = server.invoke(name)
    assert answer.error == "Unhandled"
    assert set(answer.payload) == {"errorType", "errorMessage", "trace"}
    assert answer.payload["errorType"] == kind
    assert message in answer.payload["errorMessage"]
    if kind == "string":
        assert answer.payload["trace"] == []
    else:
        assert answer.payload["trace"][0].startswith(f"{kind}: ")
        assert "/var/task/index.js:" in answer.payload["trace"][1]
