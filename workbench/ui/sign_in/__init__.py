"""Signing in from the window: with an MFA code, through IAM Identity Center, with the AWS CLI."""
