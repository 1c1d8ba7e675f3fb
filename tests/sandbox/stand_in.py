"""A server process with the server's protocol and nothing behind it, for tests of the life of processes.

Behaviours, as arguments:
    crash           ends at once with status 3 and a last word
    crash-again     serves the first time, crashes at every later start
    steal-port      the first time, gives its port to another process that answers, as if that had been faster
    deaf            does not end when its standard input closes
    worker          starts a process of its own, as the server starts handlers
    corrupt         reports a damaged state file
    unsaved         reports at its end that a file could not be saved
"""

import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVE = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("serving", flush=True)
server.serve_forever()
"""


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main(behaviours: list[str]) -> int:
    port = int(os.environ["GATEWAY_PORT"])
    state = Path(os.environ["STATE_DIR"])
    is_first = not (state / "seen").exists()
    state.mkdir(exist_ok=True)
    (state / "seen").touch()
    with (state / "starts").open("a") as starts:
        starts.write(f"{os.getpid()} {port}\n")
    if "crash" in behaviours or ("crash-again" in behaviours and not is_first):
        _say("the last word")
        return 3
    if "steal-port" in behaviours and is_first:
        thief = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)], stdout=subprocess.PIPE, start_new_session=True
        )
        assert thief.stdout
        thief.stdout.readline()
        (state / "thief").write_text(str(thief.pid))
        time.sleep(0.3)  # as MiniStack, which sees only after a while that it cannot bind
        return 1
    if "worker" in behaviours:
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (state / "worker").write_text(str(worker.pid))
    if "corrupt" in behaviours:
        _say("corrupt-state: sqs.json.damaged")
    server = ThreadingHTTPServer(("127.0.0.1", port), _Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    if "unsaved" in behaviours:
        _say("save-failed: lambda.json: No space left on device")
    if "deaf" in behaviours:
        time.sleep(60)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
