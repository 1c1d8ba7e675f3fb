"""Which functions have which settings."""

from dataclasses import replace
from datetime import datetime

import pytest

from workbench.functions.model import FunctionDetail, S3Object, detail_of
from workbench.functions.settings import has_setting
from workbench.ui.features.configuration.draft import function_facts

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"


def of_type(package_type: str) -> FunctionDetail:
    configuration = {"FunctionName": "hello", "FunctionArn": ARN, "PackageType": package_type}
    return detail_of({"Configuration": configuration})


@pytest.mark.parametrize("package_type", ["Zip", "Image"])
def test_snap_start_is_shown_for_zips_and_since_july_2026_for_images(package_type: str) -> None:
    detail = of_type(package_type)
    assert has_setting(detail, "snap_start")
    assert has_setting(detail, "image_uri") is (package_type == "Image")
    assert has_setting(detail, "handler") is (package_type == "Zip")


def test_what_a_deploy_sends_again_is_among_the_facts() -> None:
    where = S3Object("own-code", "orders.zip")
    key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    modified = datetime(2026, 11, 30, 9, 5, 7).astimezone()
    detail = replace(of_type("Zip"), s3_object=where, last_modified=modified)
    facts = {each.label: each.value for each in function_facts(detail)}
    assert facts["Last modified"] == "2026-11-30 09:05:07"
    assert facts["S3 object storage mode"] == "REFERENCE (s3://own-code/orders.zip)"
    assert "KMS key of the package" not in facts
    facts = {
        each.label: each.value for each in function_facts(replace(of_type("Zip"), source_kms_key_arn=key))
    }
    assert facts["KMS key of the package"] == key
