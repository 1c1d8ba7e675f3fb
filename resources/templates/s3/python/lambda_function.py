"""Hears of every object that is put into a bucket, or removed from it.

To read the object, allow s3:GetObject on the bucket to the function's role.
"""

import logging
from urllib.parse import unquote_plus

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    objects = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        # Keys come encoded as in a form: "a+b" is "a b".
        key = unquote_plus(record["s3"]["object"]["key"])
        size = record["s3"]["object"].get("size", 0)
        logger.info("%s: s3://%s/%s, %d bytes", record["eventName"], bucket, key, size)
        objects.append(f"s3://{bucket}/{key}")
    return {"objects": objects}
