"""Counts the objects of a bucket whenever one is added.

S3 invokes the function asynchronously for every object that is created: nobody waits for its answer, and Lambda
tries again twice when it fails. See the Triggers tab for the notification and the permission that allow it.
"""

import logging
from urllib.parse import unquote_plus

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# Made once for each execution environment; its connection stays open between invocations.
s3 = boto3.client("s3")


def lambda_handler(event, context):
    counts = {}
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        # Keys arrive encoded as in a URL: "annual report.txt" as "annual+report.txt".
        key = unquote_plus(record["s3"]["object"]["key"])
        logger.info("s3://%s/%s has %d bytes", bucket, key, record["s3"]["object"]["size"])
        counts[bucket] = count_objects(bucket)
        logger.info("%s holds %d objects", bucket, counts[bucket])
    # S3 drops the answer. It is for whoever tests the function by hand.
    return counts


def count_objects(bucket):
    # One answer of S3 lists at most 1,000 objects; the paginator asks until there are no more.
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return sum(page["KeyCount"] for page in pages)
