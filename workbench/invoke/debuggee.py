"""Runs as sitecustomize in a function's own process, before its code: connects it to the debugger.

May import only the standard library and debugpy, which is beside this file during the run. The debugger's own
settings are removed from the environment before the function can see them; otherwise a process that the
function starts would also connect to the port. The token proves to Workbench that it started this process.
"""

import os

_port = os.environ.pop("WORKBENCH_DEBUG_PORT", "")
_token = os.environ.pop("WORKBENCH_DEBUG_TOKEN", "")
if _port:
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # its warning would be the first line of the log
    import debugpy

    debugpy.configure(subProcess=False)
    debugpy.connect(("127.0.0.1", int(_port)), access_token=_token)
    # Log messages go into the function's own output, in order: the connection may end before they are read.
    from _pydevd_bundle.pydevd_net_command import NULL_NET_COMMAND  # type: ignore[import-not-found]
    from _pydevd_bundle.pydevd_net_command_factory_json import (  # type: ignore[import-not-found]
        NetCommandFactoryJson,
    )

    def _write(_factory: object, text: str, _stream: str) -> object:
        os.write(1, text.encode("utf-8", "replace"))
        return NULL_NET_COMMAND

    NetCommandFactoryJson.make_io_message = _write
    debugpy.wait_for_client()
    del os.environ["PYDEVD_DISABLE_FILE_VALIDATION"]
