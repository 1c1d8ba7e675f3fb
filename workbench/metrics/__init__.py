"""Metrics of functions: read from CloudWatch, cached, compared, and what follows from them."""
