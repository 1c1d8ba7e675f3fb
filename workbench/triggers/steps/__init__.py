"""The steps of plans, one file for each service or thing that they change."""
