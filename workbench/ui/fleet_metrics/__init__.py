"""Fleet Metrics: how thousands of functions have been doing, worst first, and what they cost."""
