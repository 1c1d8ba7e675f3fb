"""The Sandbox's account and profile. Separate from supervisor.py, which is loaded later."""

PROFILE_NAME = "Sandbox"
REGION = "us-east-1"
# MiniStack takes an access key id of twelve digits as the account number. This one is AWS's own example.
ACCOUNT_ID = "123456789012"
