"""Signing in to IAM Identity Center (SSO) and to the console: tokens that botocore and the AWS CLI share."""
