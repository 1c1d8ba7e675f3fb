"""Invoking from the window, on a Sandbox, in the real program.

- overhead_ms: from the click on Invoke until the answer stands in the Result panel, less what a bare boto3
  client takes for the same call in the same round. The function is warm and does nothing.
- click_to_answer_ms: as long as that takes.
- vs_cli: from the click until answer and whole log are shown and kept in the ledger, as a ratio to
  `aws lambda invoke` and `aws logs filter-log-events` one after the other: what `aws logs tail` of the CLI's
  second version asks, which is in no package of Python's.
"""

import os
import tempfile
import time
from pathlib import Path
from statistics import median

from PySide6.QtWidgets import QLabel

from tests.bench._common import AWS, Arguments, Figure, cli_environment, interleave, place, quietly, ratio
from tests.bench._events import until
from tests.sandbox_functions import create_function
from workbench.app import Milestones, Program, make_application
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.functions.model import FunctionDetail
from workbench.ui.pages.test import TestPage

SOURCE = "def handler(event, context):\n    print('here')\n    return event\n"
EVENT = b'{"n": 1}'
RAW, CLI = "boto3 invoke", "aws lambda invoke; aws logs filter-log-events"


class Bench:
    """The program, with a function open on its Test tab."""

    def __init__(self, folder: Path) -> None:
        os.environ["WORKBENCH_HOME"] = str(folder)
        self._folder = folder
        self.program = Program(make_application(), Paths.default(), Milestones(None))
        self.program.show()
        window = self.program.window
        until(lambda: window.functions.model.index_of("hello-http").isValid())
        self.function, self.connection = self._open()
        test = window.page.tab(TestPage)
        window.page.show_tab("testPage")
        until(lambda: test.picker.count() > 0)
        test.text.setPlainText(EVENT.decode())
        # The samples are invoked until then.
        until(lambda: not [each for each in self.program.services.jobs.active() if not each.job.quiet])

    def _open(self) -> tuple[FunctionDetail, Connection]:
        window, connection = self.program.window, self.program.context.session.connection
        assert connection is not None
        detail = create_function(connection, SOURCE)
        window.functions.opened.emit(detail.function_name)
        page, arn = window.page, detail.function_arn
        until(lambda: page.function is not None and page.function.detail.function_arn == arn)
        return detail, connection

    def ours(self) -> dict[str, float]:
        """Clicks Invoke, and waits for the answer, then for the log."""
        result, ledger = self.program.window.result, list[int]()
        title = result.findChild(QLabel, "resultLogTitle")
        assert title is not None
        kept = result.log_kept.connect(ledger.append)
        before = time.perf_counter()
        self.program.services.actions["function.invoke"].trigger()
        shown = '"n": 1'
        until(lambda: result.status.text() == "Succeeded" and shown in result.answer.toPlainText(), 1)
        answered = time.perf_counter()
        until(lambda: ledger and title.text().endswith("lines)"))
        logged = time.perf_counter()
        result.log_kept.disconnect(kept)
        return {"answer": (answered - before) * 1000, "log": (logged - before) * 1000}

    def raw(self) -> dict[str, float]:
        """The same call by a bare client."""
        client = self.connection.client("lambda", read_timeout_s=self.function.timeout_s + 60, retries=False)
        before = time.perf_counter()
        answer = client.invoke(FunctionName=self.function.function_name, Payload=EVENT, LogType="Tail")
        answer["Payload"].read()
        return {RAW: (time.perf_counter() - before) * 1000}

    def cli(self) -> dict[str, float]:
        """The same by the AWS CLI."""
        env, name = cli_environment(self.connection.access), self.function.function_name
        with tempfile.NamedTemporaryFile(dir=self._folder) as out:
            before = time.perf_counter()
            payload = ("--payload", EVENT.decode())
            quietly(str(AWS), "lambda", "invoke", "--function-name", name, *payload, out.name, env=env)
            since = str(int((time.time() - 60) * 1000))
            group = ("--log-group-name", self.function.log_group, "--start-time", since)
            lines = quietly(str(AWS), "logs", "filter-log-events", *group, env=env)
            passed_ms = (time.perf_counter() - before) * 1000
        assert "REPORT RequestId" in lines
        return {CLI: passed_ms}

    def end(self) -> None:
        """Quits."""
        window = self.program.window
        closed: list[bool] = []
        window.closed.connect(lambda: closed.append(True))
        window.close()
        until(lambda: closed)
        self.program.destroy()


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 15)
    options = parser.parse()
    with place() as folder:
        bench = Bench(folder / "home")
        sides = {"ours": bench.ours, RAW: bench.raw, CLI: bench.cli}
        interleave(2, sides)
        samples = interleave(options.runs, sides)
        bench.end()
    runs, raw_ms = options.runs, median(samples[RAW])
    overhead = median(ours - raw for ours, raw in zip(samples["answer"], samples[RAW], strict=True))
    Figure("invoke", "overhead_ms", overhead, "ms", runs, 25.0, RAW, raw_ms).show()
    Figure("invoke", "click_to_answer_ms", median(samples["answer"]), "ms", runs, None, RAW, raw_ms).show()
    Figure("invoke", "vs_cli", ratio(samples, "log", CLI), "x", runs, 0.1, CLI, median(samples[CLI])).show()


if __name__ == "__main__":
    main()
