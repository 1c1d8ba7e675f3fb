"""The console script. Decides what to start before anything heavy is imported."""

import argparse
import gc
import json
import sys
from pathlib import Path

from workbench import __version__
from workbench.core import lazy_imports, messages
from workbench.core.files import Paths
from workbench_sandbox.fence.core_dumps import forbid_core_dumps


def main() -> int:
    """Runs the program, or `workbench credentials NAME`; returns the exit status."""
    forbid_core_dumps()
    if sys.argv[1:2] == ["credentials"]:  # started for every command of the AWS CLI: without Qt
        from workbench.profiles import credentials_helper

        return credentials_helper.main(sys.argv[2:])
    options = _options()
    messages.use(_language())
    gc.disable()  # for good, see ui/shell/process.py: imports drop nothing, but searching them costs a tenth
    lazy_imports.install()

    from workbench import app

    return app.run(options.profile, options.region, options.timings)


def _language() -> str:
    """The language in the settings: it must be known before the modules with texts are imported."""
    try:
        stored = json.loads((Paths.default().config_dir / "settings.json").read_bytes())
        language = stored["ui.language"]
    except (OSError, ValueError, LookupError, RecursionError, TypeError):
        return ""
    return language if isinstance(language, str) else ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="workbench",
        description="A desktop workbench for AWS Lambda.",
        epilog="workbench credentials PROFILE hands out keys that Workbench keeps in the keyring, as JSON.",
    )
    parser.add_argument("--version", action="version", version=f"Workbench {__version__}")
    parser.add_argument("--profile", default="", help="AWS profile to start with; Sandbox is the local AWS")
    parser.add_argument("--region", default="", help="AWS region to start with")
    parser.add_argument("--timings", type=Path, help="append when the start reached what, as JSON lines")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
