"""Runs in the function's own process before its code: connects it to the debugger that waits in Workbench.

Must import nothing but the standard library and debugpy, which lies beside this file for the run. The
debugger's own settings leave the environment before the function can see them; the port in particular, or a
process that the function starts would connect as well. The token shows Workbench that this is the process
which it started.
"""

import os

_port = os.environ.pop("WORKBENCH_DEBUG_PORT", "")
_token = os.environ.pop("WORKBENCH_DEBUG_TOKEN", "")
if _port:
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # its warning would be the first line of the log
    import debugpy

    debugpy.configure(subProcess=False)
    debugpy.connect(("127.0.0.1", int(_port)), access_token=_token)
    debugpy.wait_for_client()
    del os.environ["PYDEVD_DISABLE_FILE_VALIDATION"]
