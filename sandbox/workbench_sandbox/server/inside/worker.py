"""Starts `awslambdaric` in a handler's process, as /var/runtime/bootstrap does on AWS.

Sets sys.path and the environment, and ends the process when the server ends.

Run as `python -S worker.py RUNTIME_DIR ROOT STATUS`; one JSON line on standard input contains the rest, so
that a process can start and import the runtime before its function is known. ROOT is "root" where the process
is to have a root of its own. When the fence is refused, the descriptor STATUS says why and the process ends;
it is closed before the function's code is loaded, which therefore cannot write to it. A process that is
inside already has no arguments, so that a wrapper script can put its own before the script's name, as on AWS;
it keeps the environment that it was started with.
"""

import _thread
import importlib
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench_sandbox.server.inside import fence, private_root
elif __name__ == "__main__":  # but not in a child of multiprocessing, which has another name
    fence = importlib.import_module("fence")  # beside this file
    private_root = importlib.import_module("private_root")


def _end_with_the_server(pipe: int) -> None:
    """Blocks until the server's end of the pipe closes, then kills the handler and its children."""
    try:
        if os.read(pipe, 1):
            return
    except OSError:
        return  # The handler closed the descriptor, which does not mean that the server has ended.
    os.killpg(0, signal.SIGKILL)


def _read_line() -> bytes:
    """Reads byte blocks and nothing after the line, which would be lost in a buffer."""
    line = b""
    while not line.endswith(b"\n"):
        block = os.read(0, 65536)
        if not block:
            sys.exit(0)
        line += block
    return line


def _finish_site(packages: list[str]) -> None:
    """Does what `site` does at a normal start, without the interpreter's own site-packages.

    Those contain what is installed beside Workbench, and would hide that a function lacks a dependency.
    """
    import site

    site.setquit()
    site.sethelper()
    for directory in packages:
        if os.path.isdir(directory):
            site.addsitedir(directory)  # It is already on the path: this reads its .pth files.
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise


def _keep_path(client: type, address: str) -> None:
    """Lets awslambdaric's own HTTP calls (init/error) keep the path of the Runtime API's address.

    They treat the address as host and port; its compiled client treats it as the start of a URL.
    """
    original = client.call_rapid  # type: ignore[attr-defined]
    host, slash, path = address.partition("/")

    def call_rapid(self: object, method: str, endpoint: str, *rest: object, **more: object) -> None:
        self.lambda_runtime_address = host  # type: ignore[attr-defined]
        original(self, method, slash + path + endpoint, *rest, **more)

    client.call_rapid = call_rapid  # type: ignore[attr-defined]


def main() -> None:
    """Imports the runtime, waits for the function, then runs it."""
    is_spare = len(sys.argv) > 1
    runtime_dir, status = (
        (sys.argv[1], int(sys.argv[3])) if is_spare else (os.environ["LAMBDA_RUNTIME_DIR"], -1)
    )
    has_root = is_spare and sys.argv[2] == "root"
    # Before all other imports, so that they come from their final paths.
    made = fence.make(runtime_dir, has_root=has_root) if is_spare else None
    if has_root:
        runtime_dir = private_root.RUNTIME
    standard_library = sys.path[1:]
    sys.path[:] = [runtime_dir, *standard_library]
    import concurrent.futures.thread  # noqa: F401

    # The compiled client reads AWS_LAMBDA_RUNTIME_API at import, so it must wait for the job.
    sys.modules["runtime_client"] = None  # type: ignore[assignment]
    import awslambdaric.__main__ as runtime
    from awslambdaric import lambda_runtime_client

    job = json.loads(_read_line())
    if made and job["fence"]:
        fence.enter_or_exit(made, job["fence"], status)
    if status >= 0:
        os.close(status)
    for name in ("confinement", "fence", "private_root"):  # The function may have modules of these names.
        del sys.modules[name]
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _thread.start_new_thread(_end_with_the_server, (pipe,))

    if job["environment"] is not None:
        os.environ.clear()
        os.environ.update(job["environment"])
    # One pipe for both keeps prints and log records in order; awslambdaric frames the latter.
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(os.dup(1))
    time.tzset()
    os.chdir(job["directory"])
    del sys.modules["runtime_client"]
    lambda_runtime_client.runtime_client = importlib.import_module("runtime_client")
    lambda_runtime_client.runtime_client.initialize_client(lambda_runtime_client._user_agent())
    _keep_path(lambda_runtime_client.BaseLambdaRuntimeClient, os.environ["AWS_LAMBDA_RUNTIME_API"])
    extra = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    # A process started with PYTHONPATH already has these entries.
    sys.path[:] = dict.fromkeys([*job["path"], *extra, runtime_dir, *standard_library])
    sys.argv[:] = ["awslambdaric", os.environ["_HANDLER"]]
    _finish_site(job["site"])
    runtime.main(sys.argv)


if __name__ == "__main__":
    main()
