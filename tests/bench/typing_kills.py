"""How much typing is lost at most when the program is killed at any moment of it.

The test of e2e/test_typing_kill.py, with many kills.
"""

import os
import re
import sys

from tests.bench._common import ROOT, Arguments, Figure, quietly


def main() -> None:
    """Kills, and prints the figure; fails with the test's words when more than a second is lost."""
    parser = Arguments(__doc__)
    parser.count("kills", 20, help="how many times the program is killed")
    parser.add_argument("--seed", default="", help="the seed that a failure has named")
    options = parser.parse()
    environment = os.environ | {"TYPING_KILLS": str(options.kills), "TYPING_SEED": options.seed}
    command = (sys.executable, "-m", "pytest", "-q", "-s", "tests/e2e/test_typing_kill.py")
    found = re.search(r"lost at most ([\d.]+) s", quietly(*command, env=environment, cwd=ROOT))
    assert found, "the test did not say what was lost"
    Figure("typing_kills", "lost_s", float(found[1]), "s", options.kills, goal=1.0).show()


if __name__ == "__main__":
    main()
