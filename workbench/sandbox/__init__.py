"""The Sandbox: a local AWS that comes with Workbench, for use and tests without an account."""

PROFILE_NAME = "Sandbox"
REGION = "us-east-1"
# MiniStack takes an access key id of twelve digits as the account number. This one is AWS's own example.
ACCOUNT_ID = "123456789012"
