"""Metrics of functions: read from CloudWatch, cached, compared, and evaluated."""
