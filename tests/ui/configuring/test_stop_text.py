"""What the emergency stop says of events before it is confirmed."""

from workbench.ui.features.configuration.feature import stop_text


def test_the_stop_says_what_becomes_of_events() -> None:
    """Queues do not wait: their messages are received, throttled, and can end in the dead-letter queue."""
    words = stop_text("orders")
    assert words.startswith("orders cannot be invoked")
    assert "still receives messages from SQS queues" in words
    assert "With the event source mappings disabled, they stay in the queue." in words
    assert "Events from queues" not in words
