"""What AWS checks and its service models do not say, one table a service."""
