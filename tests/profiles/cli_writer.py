"""The AWS CLI's own way to change a file, in a loop. Run as a process: FILE EDITS."""

import sys
import time
from random import Random

from awscli.customizations.configure.writer import ConfigFileWriter  # type: ignore[import-untyped]

if __name__ == "__main__":
    path, edits = sys.argv[1], int(sys.argv[2])
    random, writer = Random(1), ConfigFileWriter()
    print("begins", flush=True)
    for number in range(edits):
        time.sleep(random.random() * 0.03)
        writer.update_config({"__section__": "profile cli", f"option_{number}": f"v{number}"}, path)
