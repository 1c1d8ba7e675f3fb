"""A program that is killed in the middle, and the one that is started after it. Run by test_kill.py.

Usage: killed.py PHASE [WORDS], with HOME and WORKBENCH_HOME set.
    edit    types, and is killed before it saves
    deploy  types, deploys, and is killed while the deploy runs
    event   types a test event, and is killed a second after the last key
    ask     prints, as JSON, the test event that the next start shows
    look    prints, as JSON, what the next start shows, once a message has the WORDS that follow
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from PySide6.QtWidgets import QPlainTextEdit

from tests.e2e.driver import Driver
from tests.e2e.main_job import HANDLER, NEW_GREETING, MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths
from workbench.ui.editor.surface import Snapshot
from workbench.ui.pages.code import CodePage

TYPED_EVENT, LOST_AT_MOST_MS = '"typed"', 1_000


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


def event(job: MainJob) -> None:
    """Types a test event, and dies before anything else is done with it."""
    job.driver.keys("alt+4")
    job.driver.until(lambda: job.text("testEventText").strip(), "a test event is shown")
    field = job.program.window.findChild(QPlainTextEdit, "testEventText")
    assert field is not None
    job.driver.click(field)
    job.driver.until(field.hasFocus, "the caret in the event")
    job.driver.keys("ctrl+a")
    job.driver.type(TYPED_EVENT)
    job.driver.until(lambda: job.text("testEventText") == TYPED_EVENT, "the event is typed")
    job.driver.pause(LOST_AT_MOST_MS)
    die(job.program)


def ask(job: MainJob) -> None:
    """Prints the test event: the start opens the function again."""
    job.driver.until(lambda: job.program.window.page.function, "the function is open")
    job.driver.keys("alt+4")
    job.driver.until(lambda: job.text("testEventText").strip(), "the test event is shown")
    seen = job.text("testEventText")
    close(job.program, job.driver)
    print(json.dumps(seen))


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
        if phase == "ask":
            ask(job)
        else:
            job.open_function()
            if phase == "look":
                look(job, words)
            else:
                {"edit": edit, "deploy": deploy, "event": event}[phase](job)
    except AssertionError:
        driver.shoot(str(Path(os.environ["WORKBENCH_HOME"]) / "stuck.png"))
        raise
    program.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
