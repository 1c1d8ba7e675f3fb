"""CloudWatch metrics as numpy arrays: what to ask, asking, deriving. Must not know: charts, Qt."""
