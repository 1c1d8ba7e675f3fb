"""How a trigger works, for people. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a trigger works, with its own numbers. Each text is a sentence or two.

    Attributes:
        model: "Push, synchronous", "Push, asynchronous", "Pull".
        order: In which order events arrive.
        source_retries: What the source does when Lambda does not take the event (the upstream ledger).
        lambda_retries: What Lambda does when the function fails.
        failures: Where events land that never succeed.
        authorises: Which of the two permissions lets it through.
        flow: Names from left to right, for the drawing: source, queue or poller, function, where
            failures land.
        not_simulated: What the Sandbox does otherwise; empty when nothing.
        no_pause: Why it cannot be paused, and what to do instead; empty where it can.
    """

    model: str
    order: str
    source_retries: str
    lambda_retries: str
    failures: str
    authorises: str
    flow: tuple[str, ...]
    not_simulated: str = ""
    no_pause: str = ""
