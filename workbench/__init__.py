"""Workbench: a desktop workbench for AWS Lambda."""

__version__ = "0.1.0"
