"""What was deployed to a function: the list, the way back, and the moments on the charts."""
