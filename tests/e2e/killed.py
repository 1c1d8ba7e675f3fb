"""A program that is killed in the middle, and the one that is started after it. Run by test_kill.py.

Usage: killed.py PHASE [WORDS], with HOME and WORKBENCH_HOME set.
    edit    types, and is killed before it saves
    deploy  types, deploys, and is killed while the deploy runs
    look    prints, as JSON, what the next start shows, once a message has the WORDS that follow
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tests.e2e.driver import Driver
from tests.e2e.main_job import HANDLER, NEW_GREETING, MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.editor.surface import Snapshot
from workbench.ui.pages.code import CodePage


def die(program: Program) -> None:
    """Kills the Sandbox and this process, as kill -9 does."""
    endpoint = program.sandbox.status.endpoint
    assert endpoint is not None
    os.kill(endpoint.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def edit(job: MainJob) -> None:
    """Types over the greeting; dies as soon as the typing is said to be kept."""
    workspace = job.program.context.window.page.tab(CodePage).workspace
    assert workspace is not None
    job.type_over_greeting()

    def kept() -> bool:
        draft = workspace.draft(HANDLER)
        return draft is not None and NEW_GREETING in draft.text

    job.driver.until(kept, "the typing is on disk")
    die(job.program)


def deploy(job: MainJob) -> None:
    """Saves and deploys; dies when the journal says that it began: the upload is next or on its way."""
    job.edit_and_save()
    journals = Paths.default().data_dir / "deploys"

    def watch() -> None:  # not on the main thread, which may be kept from it until the deploy has ended
        while not any(path.stat().st_size for path in journals.glob("*.jsonl")):
            time.sleep(0.0005)
        die(job.program)

    threading.Thread(target=watch, daemon=True).start()
    job.deploy()
    raise AssertionError("the deploy ended before anything was killed")


def look(job: MainJob, words: str) -> None:
    """Prints the editor's text, whether it is unsaved, the deployed text and the messages."""
    files, window = job.program.context.window.page.tab(CodePage).files, job.program.window
    uri = files.editor.active_uri()
    texts: list[Snapshot] = []
    files.editor.text(uri, texts.append)
    job.driver.until(lambda: texts, "the editor's text")
    job.driver.until(lambda: any(words in str(banner.error) for banner in window.banners.banners), words)
    workspace = job.program.context.window.page.tab(CodePage).workspace
    assert workspace is not None
    deployed = workspace.base_bytes(HANDLER)
    assert deployed is not None
    seen = {
        "text": texts[0].text,
        "unsaved": files.editor.is_dirty(uri),
        "deployed": deployed.decode(),
        "stale": workspace.stale,
        "messages": [str(banner.error) for banner in window.banners.banners],
    }
    close(job.program, job.driver)
    print(json.dumps(seen))


def main(phase: str, words: str = "") -> None:
    """Starts the program, opens the function, plays the part."""
    program = Program(make_application(), Paths.default(), Milestones(None))
    program.show()
    driver = Driver(program.window)
    program.window.move(0, 0)
    job = MainJob(program, driver)
    try:
        job.wait_for_list()
        job.open_function()
        if phase == "look":
            look(job, words)
        else:
            {"edit": edit, "deploy": deploy}[phase](job)
    except AssertionError:
        driver.shoot(str(Path(os.environ["WORKBENCH_HOME"]) / "stuck.png"))
        raise
    program.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
