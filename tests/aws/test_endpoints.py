"""How URLs of endpoints are read, and which servers are AWS's own."""

import pytest

from workbench.aws import endpoints
from workbench.aws.endpoints import AmbiguousUrlError, origin_of, origin_of_setting

OWN = [
    ("https://lambda.eu-central-1.amazonaws.com", "lambda", "eu-central-1"),
    ("https://lambda.eu-central-1.amazonaws.com:443/", "lambda", "eu-central-1"),
    ("HTTPS://Lambda.EU-Central-1.AmazonAWS.com", "lambda", "eu-central-1"),
    ("https://lambda-fips.us-east-1.amazonaws.com", "lambda", "us-east-1"),
    ("https://lambda.eu-central-1.api.aws", "lambda", "eu-central-1"),
    ("https://lambda-fips.us-east-1.api.aws", "lambda", "us-east-1"),
    ("https://s3.dualstack.eu-central-1.amazonaws.com", "s3", "eu-central-1"),
    ("https://s3.amazonaws.com", "s3", "us-east-1"),
    ("https://sts.amazonaws.com", "sts", "eu-central-1"),
    ("https://sts-fips.us-west-2.amazonaws.com", "sts", "us-west-2"),
    ("https://iam.amazonaws.com", "iam", "eu-central-1"),
    ("https://lambda.cn-north-1.amazonaws.com.cn", "lambda", "cn-north-1"),
    ("https://sts.cn-north-1.amazonaws.com.cn", "sts", "cn-north-1"),
    ("https://lambda.us-gov-west-1.amazonaws.com", "lambda", "us-gov-west-1"),
    ("https://lambda-fips.us-gov-west-1.amazonaws.com", "lambda", "us-gov-west-1"),
    ("https://iam.us-gov.amazonaws.com", "iam", "us-gov-west-1"),
    ("https://lambda.us-iso-east-1.c2s.ic.gov", "lambda", "us-iso-east-1"),
    ("https://portal.sso.eu-central-1.amazonaws.com", "sso", "eu-central-1"),
    ("https://eu-central-1.signin.aws.amazon.com", "signin", "eu-central-1"),
    ("https://cn-north-1.signin.amazonaws.cn", "signin", "cn-north-1"),
]
ASKED = [
    "https://vpce-0a1b-2c3d.lambda.eu-central-1.vpce.amazonaws.com",
    "https://abcdefghij.execute-api.eu-central-1.amazonaws.com",
    "https://evil-123.elb.eu-central-1.amazonaws.com",
    "https://ec2-203-0-113-7.eu-central-1.compute.amazonaws.com",
    "https://evil.s3.eu-central-1.amazonaws.com",
    "https://sts.eu-central-1.amazonaws.com",  # AWS's, but not this service's
    "https://lambda.us-east-1.amazonaws.com",  # of another region
    "https://lambda.cn-north-1.amazonaws.com.cn",  # of another partition
    "https://lambda.eu-central-1.amazonaws.com.",
    "https://lambda.eu-central-1.amazonaws.com:8443",
    "http://lambda.eu-central-1.amazonaws.com",
    "https://amazonaws.com.evil.example",
    "https://evillambda.eu-central-1.amazonaws.com",
    "https://evil.example/lambda.eu-central-1.amazonaws.com",
    "http://localhost:4566",
    "http://localhost.localstack.cloud:4566",
    "http://local_stack:4566/",
    "http://127.0.0.1:4566/path",
    "http://[::1]:4566",
    "http://10.0.0.7",
]
REFUSED = [
    "https://evil\\@lambda.eu-central-1.amazonaws.com",
    "https://evil\\.lambda.eu-central-1.amazonaws.com",
    "https://evil.example#.amazonaws.com",
    "https://evil.example?.amazonaws.com",
    "https://lambda.eu-central-1.amazonaws.com@evil.example",
    "https://a@evil.example@lambda.eu-central-1.amazonaws.com",
    "http://user:hush@localhost:4566",
    "https://evil.example/a@lambda.eu-central-1.amazonaws.com",
    "https://evil.example%2f.amazonaws.com",
    "https://evil%2eexample",
    "https://evil.example\t.amazonaws.com",
    "https://evil.example\x00.amazonaws.com",
    "https://evil.example\x7f",
    "https://evil.example .amazonaws.com",
    "https://evil\u3002example",
    "https://\u217cambda.eu-central-1.amazonaws.com",
    "https:evil.example",
    "https:///evil.example",
    "https:/\\evil.example",
    "//evil.example",
    "evil.example",
    "ftp://evil.example",
    "file:///etc/passwd",
    "http://evil.example:",
    "http://evil.example:0",
    "http://evil.example:99999",
    "http://evil.example:8x",
    "http://[::1",
    "http://[fe80::1%25eth0]:4566",
    "",
]


@pytest.mark.parametrize(("url", "service", "region"), OWN)
def test_what_the_rules_of_botocore_give_is_aws(url: str, service: str, region: str) -> None:
    assert endpoints.is_aws(origin_of_setting(url), service, region)


@pytest.mark.parametrize("url", ASKED)
def test_other_hosts_are_read_and_are_not_aws(url: str) -> None:
    assert not endpoints.is_aws(origin_of_setting(url), "lambda", "eu-central-1")


@pytest.mark.parametrize("url", REFUSED)
def test_what_two_parsers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AmbiguousUrlError) as caught:
        origin_of_setting(url)
    assert "hush" not in str(caught.value)


def test_a_service_or_a_region_that_botocore_does_not_know_has_no_endpoint_of_aws() -> None:
    evil = origin_of("https://evil.example")
    assert not endpoints.is_aws(evil, "no-such-service", "eu-central-1")
    assert not endpoints.is_aws(evil, "lambda", "")
    assert not endpoints.is_aws(evil, "lambda", "evil.example/")


def test_a_query_belongs_to_a_request_but_not_to_an_endpoint() -> None:
    url = "https://bucket.s3.eu-central-1.amazonaws.com/a%40b?list-type=2&prefix=%23"
    assert str(origin_of(url)) == "https://bucket.s3.eu-central-1.amazonaws.com"
    with pytest.raises(AmbiguousUrlError):
        origin_of_setting(url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:4566/x?y", "http://127.0.0.1:4566"),
        ("http://[::1]:4566/", "http://[::1]:4566"),
        ("https://Host.example:443/x", "https://host.example"),
        ("http://host.example:443/x", "http://host.example:443"),
    ],
)
def test_a_user_is_asked_about_an_origin(url: str, origin: str) -> None:
    assert str(origin_of(url)) == origin


def test_a_bucket_is_below_its_server() -> None:
    server = origin_of("http://localhost:4566")
    assert server.contains(origin_of("http://bucket.localhost:4566/key"))
    for other in ("http://localhost:4567", "https://localhost:4566", "http://evillocalhost:4566"):
        assert not server.contains(origin_of(other))


def test_a_vpc_endpoint_is_no_emulator() -> None:
    assert endpoints.is_aws_domain("https://vpce-1-2.lambda.eu-central-1.vpce.amazonaws.com/2015-03-31")
    assert not endpoints.is_aws_domain("https://evil\\@lambda.eu-central-1.amazonaws.com")
    assert not endpoints.is_aws_domain("http://lambda.eu-central-1.amazonaws.com")
    assert not endpoints.is_aws_domain("http://localhost:4566")
