"""The Sandbox's server process: MiniStack 1.5.33, imported, corrected and served on one loopback port.

Run as `python -m workbench_sandbox.server`, in the environment that requirements.lock describes.

Protocol with the parent:
    environment  GATEWAY_PORT, STATE_DIR, S3_DATA_DIR, TMPDIR (private to this run). `lifetime` adds what else
                 MiniStack reads, unless the parent set it.
    stdin        a pipe. Its first line is the secret of this run, from which `signature` computes those of
                 the access keys: in no environment, so that functions cannot inherit it. When the pipe closes
                 the server kills its workers, saves, removes its temporary files and exits with 0.
    ready        GET /_ministack/health answers 200 and the port is owned by this process.
    exit codes   0 stopped as asked; 1 the port cannot be used; 2 the environment or the secret is incomplete.
    stderr       one line each: `corrupt-state: <copy kept>` (a state file was not readable, its service
                 starts empty), `save-failed: <file>: <why>`, `runtime: running python3.11 on 3.13`,
                 `unfenced: <why>` (the system refused the server's fence); and what MiniStack warns of.

Processes: the server, which on Linux enters a fence before it imports MiniStack (`server_fence`), and its
child, the broker, which starts functions (`broker`, `workers`) and ends with it.

Doors: `gate` keeps out web pages and clients that cannot sign with a key of this run (`signature`,
`request_context`), `peer` other users of this computer; `environment` does so for the functions' runtimes.

Corrections (rows of the Sandbox's facts): 1 gate, 2 and 15 state_files, 3 and 4 spec, environment and inside,
5 and 6 metrics, 7 log_events, 8 lambda_api, 10 to 12 invocation, 14 and 16 lifetime.
"""

FENCE_OPTIONAL = "WORKBENCH_FENCE_OPTIONAL"
"""In the environment: "1" if functions may run without the fence when the kernel refuses it."""
SERVICE_MODELS = "WORKBENCH_SERVICE_MODELS"
"""In the environment: the folder of service models; by default those of the installed botocore."""
CONTROL = "/_workbench/"
"""Where the paths of control requests begin."""
