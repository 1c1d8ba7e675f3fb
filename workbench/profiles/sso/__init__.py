"""Signing in to IAM Identity Center (SSO) and to the console: tokens shared with botocore and the AWS CLI."""
