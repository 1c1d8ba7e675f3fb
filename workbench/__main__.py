"""The console script. Decides what to start before anything heavy is imported."""

import gc
import sys


def main() -> int:
    """Runs the program, or `workbench credentials NAME`; returns the exit status."""
    if sys.argv[1:2] == ["credentials"]:  # started for every command of the AWS CLI: without Qt
        from workbench.profiles import credentials_helper

        return credentials_helper.main(sys.argv[2:])
    gc.disable()  # until the window is complete: imports drop nothing, and searching them costs a tenth

    from workbench import app

    return app.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
