"""The console script. Decides what to start before anything heavy is imported."""

import gc
import sys


def main() -> int:
    """Runs the program; returns its exit status."""
    gc.disable()  # until the window is complete: imports drop nothing, and searching them costs a tenth

    from workbench import app

    return app.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
