"""Which functions have which settings."""

import pytest

from workbench.functions.model import FunctionDetail, detail_of
from workbench.ui.configuring.sections import OF_A_KIND, has_setting

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"


def of_type(package_type: str) -> FunctionDetail:
    configuration = {"FunctionName": "hello", "FunctionArn": ARN, "PackageType": package_type}
    return detail_of({"Configuration": configuration})


@pytest.mark.parametrize("package_type", ["Zip", "Image"])
def test_snap_start_is_shown_for_zips_and_since_july_2026_for_images(package_type: str) -> None:
    detail = of_type(package_type)
    assert "snap_start" not in OF_A_KIND or has_setting(detail, "snap_start")
    assert has_setting(detail, "image_uri") is (package_type == "Image")
    assert has_setting(detail, "handler") is (package_type == "Zip")
