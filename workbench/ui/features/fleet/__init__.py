"""Functions of many profiles and regions: All Functions, and Fleet Metrics."""
