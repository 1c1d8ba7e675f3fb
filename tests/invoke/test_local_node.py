"""Node.js handlers on this computer: answers and errors of the Sandbox's, and Lambda's log lines."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.invoke.local_desk import lay_out, run
from tests.invoke.test_local import DETAIL, processes_below
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.invoke.run import InvocationResult, invoke

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")
NODE = replace(DETAIL, runtime="nodejs20.x", timeout_s=10)


def go(
    folder: Path,
    source: str,
    payload: str = "{}",
    name: str = "app.js",
    timeout_s: int = 10,
    handler: str = "app.handler",
    runtime: str = "nodejs20.x",
) -> InvocationResult:
    code = lay_out(folder, "")
    (code.task_root / "app.py").unlink()
    (code.task_root / name).write_text(source)
    result = run(replace(NODE, timeout_s=timeout_s, handler=handler, runtime=runtime), code, payload)
    assert processes_below(folder) == set()
    assert not list(folder.glob("run-*"))
    return result


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("exports.handler = async (event) => ({ got: event.n });", "app.js"),
        ("exports.handler = (event, context, callback) => callback(null, { got: event.n });", "app.js"),
        ("export const handler = async (event) => ({ got: event.n });", "app.mjs"),
        (
            "exports.handler = (event, context, done) => setTimeout(() => done(null, { got: event.n }), 20);",
            "app.cjs",
        ),
    ],
)
def test_every_way_to_write_a_handler_answers(tmp_path: Path, source: str, name: str) -> None:
    result = go(tmp_path, source, '{"n": 3}', name)
    assert json.loads(result.payload) == {"got": 3}
    assert result.failure is None


def test_lines_have_lambdas_form_and_stay_whole(tmp_path: Path) -> None:
    source = "exports.handler = async () => { console.log('one\\ntwo', { a: 1 }); console.warn('three'); };"
    result = go(tmp_path, source)
    assert f"\t{result.request_id}\tINFO\tone\ntwo {{ a: 1 }}\n" in result.log_tail
    assert f"\t{result.request_id}\tWARN\tthree\n" in result.log_tail
    assert result.payload == b"null"
    assert result.report


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("exports.handler = async () => { throw new TypeError('no luck'); };", "TypeError", "no luck"),
        ("exports.handler = (e, c, done) => done(new Error('by callback'));", "Error", "by callback"),
        ("exports.other = 1;", "Runtime.HandlerNotFound", "app.handler is undefined or not exported"),
        (
            "exports.handler = async () => {",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected end of input",
        ),
        (
            "require('nowhere-at-all');",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nowhere-at-all'",
        ),
        ("exports.handler = async () => process.exit(3);", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_errors_are_lambdas(tmp_path: Path, source: str, error_type: str, message: str) -> None:
    result = go(tmp_path, source)
    assert result.failure
    assert result.failure.error_type == error_type
    assert message in result.failure.error_message


NOT_FOUND = "Error: Cannot find module '{}'\nRequire stack:\n- "
NO_CALLBACKS = (
    "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24."
)


@pytest.mark.parametrize(
    ("name", "source", "handler", "error_type", "message"),
    [
        (
            "app.js",
            "exports.handler = 1;",
            "app.handler",
            "Runtime.HandlerNotFound",
            "app.handler is not a function",
        ),
        ("app.js", "", "app", "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "app.js",
            "",
            "../app.handler",
            "Runtime.MalformedHandlerName",
            "'../app.handler' is not a valid handler name. Use absolute paths when",
        ),
        (
            "app.js",
            "",
            "other.handler",
            "Runtime.ImportModuleError",
            f"{NOT_FOUND.format('other')}/var/runtime/index.mjs",
        ),
        (
            "app.js",
            "require('no')",
            "app.handler",
            "Runtime.ImportModuleError",
            f"{NOT_FOUND.format('no')}/var/task/app.js",
        ),
        (
            "app.mjs",
            "import 'no';",
            "app.handler",
            "Error",
            "Cannot find package 'no' imported from /var/task/app.mjs",
        ),
        (
            "app.mjs",
            "export const handler =",
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected end",
        ),
        (
            "app.mjs",
            "export default { handler() {} }",
            "app.handler",
            "Runtime.HandlerNotFound",
            "app.handler is undef",
        ),
        ("app.mjs", "await null; throw new RangeError('late')", "app.handler", "RangeError", "late"),
        ("app.js", "throw new TypeError('at once')", "app.handler", "TypeError", "at once"),
        (
            "app.js",
            "exports.handler = () => new Promise(() => { Promise.reject(new RangeError('lost')); });",
            "app.handler",
            "Runtime.UnhandledPromiseRejection",
            "RangeError: lost",
        ),
        ("app.js", "exports.handler = async () => { throw 'text'; };", "app.handler", "string", "text"),
        (
            "app.js",
            "exports.handler = async () => { throw { name: 'Like', message: 'an error', stack: 'x' }; };",
            "app.handler",
            "Like",
            "an error",
        ),
        ("app.js", "exports.handler = (e, c, done) => c.fail();", "app.handler", "string", "handled"),
    ],
)
def test_errors_are_those_of_lambdas_client(
    tmp_path: Path, name: str, source: str, handler: str, error_type: str, message: str
) -> None:
    """Source: aws-lambda-ric 3.3.0, which Lambda's Node.js 18 to 22 run."""
    result = go(tmp_path, source, name=name, handler=handler)
    assert result.failure
    assert (result.failure.error_type, result.failure.error_message[: len(message)]) == (error_type, message)


@pytest.mark.parametrize(("runtime", "is_refused"), [("nodejs22.x", False), ("nodejs24.x", True)])
def test_callbacks_end_with_node_24(tmp_path: Path, runtime: str, is_refused: bool) -> None:
    """Source: aws-lambda-ric 4.0.2, which Lambda's Node.js 24 runs."""
    result = go(tmp_path, "exports.handler = (event, context, done) => done(null, 'ok');", runtime=runtime)
    if is_refused:
        assert result.failure
        assert result.failure.error_type == "Runtime.CallbackHandlerDeprecated"
        assert result.failure.error_message.startswith(NO_CALLBACKS)
    else:
        assert result.payload == b'"ok"'


def test_a_default_export_is_looked_into_since_node_24(tmp_path: Path) -> None:
    source = "export default { handler: async () => 'ok' };"
    assert go(tmp_path, source, name="app.mjs", runtime="nodejs24.x").payload == b'"ok"'


def test_a_handler_may_be_a_package(tmp_path: Path) -> None:
    code = lay_out(tmp_path, "")
    package = code.task_root / "node_modules/packed"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.handler = async () => 'packed';")
    assert run(replace(NODE, handler="packed.handler"), code).payload == b'"packed"'


STREAMING = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  stream.setContentType("text/plain");
  for (let at = 0; at < event.n; at += 1) stream.write(`piece ${at} of ${context.functionName}\\n`);
  stream.end();
});
"""
WITH_HEAD = """
exports.handler = awslambda.streamifyResponse((event, stream) => {
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
  setTimeout(() => stream.end("later"), 20);
});
"""


def test_a_handler_that_streams_answers_with_all_of_it(tmp_path: Path) -> None:
    result = go(tmp_path, STREAMING, '{"n": 2}')
    assert result.failure is None
    assert result.payload == b"piece 0 of local\npiece 1 of local\n"


def test_what_an_http_answer_begins_with_is_streamed_first(tmp_path: Path) -> None:
    assert go(tmp_path, WITH_HEAD).payload == b'{"statusCode":201}' + bytes(8) + b"later"


@pytest.mark.parametrize("failing", ["throw new RangeError('no')", "stream.destroy(new RangeError('no'))"])
def test_a_stream_that_fails_is_a_failure(tmp_path: Path, failing: str) -> None:
    source = f"exports.handler = awslambda.streamifyResponse(async (event, stream) => {{ {failing}; }});"
    result = go(tmp_path, source)
    assert result.failure
    assert (result.failure.error_type, result.failure.error_message) == ("RangeError", "no")


def test_a_stream_that_is_not_ended_runs_into_the_time_limit(tmp_path: Path) -> None:
    source = (
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
        " stream.write('x'); setInterval(() => {}, 1000); });"
    )
    result = go(tmp_path, source, timeout_s=1)
    assert result.failure
    assert "timed out" in result.failure.error_message


def test_a_stack_leads_to_the_package(tmp_path: Path) -> None:
    result = go(tmp_path, "\nexports.handler = async () => {\n  throw new Error('here');\n};\n")
    assert result.failure
    own = [(frame.file, frame.line) for frame in result.failure.frames if frame.is_own]
    assert own[0] == ("app.js", 3)


def test_a_busy_handler_runs_into_its_time_limit(tmp_path: Path) -> None:
    result = go(tmp_path, "exports.handler = () => { for (;;) {} };", timeout_s=1)
    assert result.failure
    assert result.failure.error_message.endswith("Task timed out after 1.00 seconds")


def test_what_it_sees(tmp_path: Path) -> None:
    source = (
        "exports.handler = async (event, context) => [context.functionName, context.memoryLimitInMB,\n"
        "  context.getRemainingTimeInMillis() > 5000, process.env.AWS_REGION, process.cwd() === __dirname,\n"
        "  process.env.PYTHONPATH === undefined];"
    )
    assert json.loads(go(tmp_path, source).payload) == ["local", "256", True, "eu-west-1", True, True]


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = async (event) => ({ got: event.n, list: [1, null, 'ö'] });",
        "exports.handler = (event, context, done) => done(null, context.functionVersion);",
        "exports.handler = async () => { throw new RangeError('too far'); };",
        "exports.handler = async () => {};",
    ],
)
def test_it_answers_as_the_deployed_function_does(
    connection: Connection, tmp_path: Path, source: str
) -> None:
    detail = create_function(connection, source, runtime="nodejs20.x", file_name="app.js")
    deployed = invoke(connection, detail.function_name, b'{"n": 3}', "", 10, JobContext())
    local = go(tmp_path, source, '{"n": 3}')
    assert local.function_error == deployed.function_error
    if not deployed.failure:
        assert json.loads(local.payload) == json.loads(deployed.payload)


@pytest.mark.parametrize(
    ("name", "head"), [("app.js", "exports.handler ="), ("app.mjs", "export const handler =")]
)
def test_traces_name_files_as_on_lambda(tmp_path: Path, name: str, head: str) -> None:
    folder = tmp_path / "with space, ö"
    folder.mkdir()
    source = f"{head} async () => {{\n  console.error(new Error('seen'));\n  throw new Error('no');\n}};\n"
    result = go(folder, source, name=name)
    assert result.failure is not None
    frames = [(frame.file, frame.line) for frame in result.failure.frames if frame.is_own]
    assert frames[0] == (name, 3)
    assert f"/var/task/{name}:2:17" in result.log_tail
    assert tmp_path.name not in result.payload.decode() + result.log_tail
