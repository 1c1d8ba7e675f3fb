"""What carries out the steps of a plan, one file for each kind of call."""
