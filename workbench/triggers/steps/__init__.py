"""The steps of plans, one file for each service or resource that they change."""
