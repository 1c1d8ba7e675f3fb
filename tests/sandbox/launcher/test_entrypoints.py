"""How runtimes start: wrapper scripts, and the programs of custom runtimes."""

import io
import re
import shutil
import zipfile
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server

HANDLER = """
import os, sys
def handler(event, context):
    return [os.environ.get("GREETING"), os.environ["_HANDLER"], sys.flags.dev_mode]
def other(event, context):
    return "the other one"
"""
NODE_HANDLER = (
    "exports.handler = async () => [process.env.GREETING, process.env._HANDLER, process.execArgv];\n"
)
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the runtime is written with curl")
CUSTOM = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D "$TMPDIR/headers" -o "$TMPDIR/event" "$api/next"
  id=$(grep -i lambda-runtime-aws-request-id "$TMPDIR/headers" | tr -d '[:space:]' | cut -d: -f2)
  echo "serving $id"
  curl -sS -d "\\"$_HANDLER ${AWS_EXECUTION_ENV:-none} $(pwd | sed 's,.*/var/,/var/,') $(wc -c)\\"" \\
    "$api/$id/response" > /dev/null
done
"""


def archive(files: dict[str, str], mode: int = 0o755) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100000 | mode) << 16
            package.writestr(entry, text)
    return buffer.getvalue()


def create(
    server: Server, name: str, files: dict[str, str], wrapper: str, mode: int = 0o755, **options: Any
) -> None:
    settings: dict[str, Any] = {"Code": {"ZipFile": archive(files, mode)}, "Timeout": 20}
    if wrapper:
        settings["Environment"] = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}}
    server.create(name, "", **{**settings, **options})


def test_a_wrapper_script_gets_the_command_and_changes_it(server: Server) -> None:
    """The example of AWS's page: options of the interpreter precede the last argument, the script."""
    wrapper = (
        '#!/bin/bash\nargs=("$@")\nextra_args=("-X" "dev")\nexport GREETING=hello\n'
        'args=("${args[@]:0:$#-1}" "${extra_args[@]}" "${args[@]: -1}")\n'
        'echo "wrapped $#"\nexec "${args[@]}"\n'
    )
    create(server, "wrapped", {"index.py": HANDLER, "wrapper": wrapper}, "/var/task/wrapper")
    for _ in range(2):
        found = server.invoke("wrapped")
        assert not found.error, found.payload
        assert found.payload == ["hello", "index.handler", True]
    assert [line for line in server.lines("wrapped") if line.startswith("wrapped")] == ["wrapped 3\n"]


def test_a_wrapper_script_chooses_the_handler(server: Server) -> None:
    wrapper = '#!/bin/sh\nexport _HANDLER=index.other\nexec "$@"\n'
    create(server, "chosen", {"index.py": HANDLER, "wrapper": wrapper}, "/var/task/wrapper")
    assert server.invoke("chosen").payload == "the other one"


def test_a_wrapper_script_of_a_layer_starts_the_runtime(server: Server) -> None:
    code = archive({"wrapper": '#!/bin/sh\nexport GREETING=layer\nexec "$@"\n'})
    layer = server.client("lambda").publish_layer_version(LayerName="wrapper", Content={"ZipFile": code})
    create(server, "layered", {"index.py": HANDLER}, "/opt/wrapper", Layers=[layer["LayerVersionArn"]])
    assert server.invoke("layered").payload == ["layer", "index.handler", False]


@needs_node
def test_a_wrapper_script_starts_node(server: Server) -> None:
    wrapper = (
        '#!/bin/bash\nargs=("$@")\nexport GREETING=node\n'
        'exec "${args[@]:0:$#-1}" --trace-warnings "${args[@]: -1}"\n'
    )
    files = {"index.js": NODE_HANDLER, "wrapper": wrapper}
    create(server, "wrapped-node", files, "/var/task/wrapper", Runtime="nodejs20.x")
    assert server.invoke("wrapped-node").payload == ["node", "index.handler", ["--trace-warnings"]]


@pytest.mark.parametrize(
    ("wrapper", "mode", "reason", "line"),
    [
        # test_lambda.py::TestLambdaErrors::test_lambda_runtime_wrapper_not_found, as recorded from AWS
        ("/idontexist.sh", 0o755, "exit status 127", "/idontexist.sh: does not exist"),
        ("/var/task/wrapper", 0o644, "exit status 126", "/var/task/wrapper: is not an executable"),
        ("/var/task/fails", 0o755, "exit status 3", "sorry"),
    ],
)
def test_a_wrapper_script_that_starts_nothing(
    server: Server, wrapper: str, mode: int, reason: str, line: str
) -> None:
    name = f"not-wrapped-{mode}-{wrapper.rpartition('/')[2].partition('.')[0]}"
    files = {"index.py": HANDLER, "wrapper": "#!/bin/sh\n", "fails": "#!/bin/sh\necho sorry\nexit 3\n"}
    create(server, name, files, wrapper, mode)
    found = server.invoke(name)
    assert found.error == "Unhandled"
    message = f"RequestId: {found.request_id} Error: Runtime exited with error: {reason}"
    assert found.payload == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert f"{line}\n" in server.lines(name)


@needs_curl
def test_a_custom_runtime_has_no_wrapper_and_what_lambda_gives_it(server: Server) -> None:
    create(
        server,
        "custom",
        {"bootstrap": CUSTOM},
        "/var/task/nowhere",
        Runtime="provided.al2023",
        Handler="any.thing",
    )
    found = server.invoke("custom")
    assert found.payload == "any.thing none /var/task 0", found
    assert f"serving {found.request_id}\n" in found.log
    assert "Init Duration" in found.report
    assert "Init Duration" not in server.invoke("custom").report


@pytest.mark.parametrize(
    ("files", "mode", "reason"),
    [
        ({"other": ""}, 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ({"bootstrap": "#!/bin/sh\n"}, 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ({"bootstrap": "no program"}, 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ({"bootstrap": "#!/nowhere/sh\n"}, 0o755, "fork/exec /var/task/bootstrap: no such file or directory"),
    ],
)
def test_a_custom_runtime_that_cannot_be_started(
    server: Server, files: dict[str, str], mode: int, reason: str
) -> None:
    name = "no-entrypoint-" + re.sub("[^a-z]+", "-", reason[-30:])
    create(server, name, files, "", mode, Runtime="provided.al2", Handler="x")
    found = server.invoke(name)
    assert found.error == "Unhandled"
    message = f"RequestId: {found.request_id} Error: {reason}"
    assert found.payload == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": message}
    assert found.report.rstrip().endswith("Error Type: Runtime.InvalidEntrypoint")
