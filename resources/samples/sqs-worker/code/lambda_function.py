"""Works off jobs from a queue: for each, finds the largest prime number up to a limit.

Lambda polls the queue and hands over messages in batches of up to ten. A message is deleted when the function
succeeds and comes back when it fails. The answer names the messages that failed, so that one bad job does not
bring the good ones back with it (the trigger is set to ReportBatchItemFailures). A job that fails three times
goes to the queue workbench-sample-jobs-dead.
"""

import json
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    failures = []
    for message in event["Records"]:
        try:
            limit = json.loads(message["body"])["limit"]
            logger.info("largest prime up to %d: %d", limit, largest_prime(limit))
        except Exception:
            # Whatever is wrong with this job must not keep the others from being done. The log has the details.
            logger.exception("job %s failed", message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def largest_prime(limit):
    """Sieve of Eratosthenes: strikes out the multiples of every prime; what stays is prime."""
    if limit < 2:
        raise ValueError(f"there is no prime up to {limit}")
    is_prime = bytearray([1]) * (limit + 1)
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return is_prime.rfind(1)
