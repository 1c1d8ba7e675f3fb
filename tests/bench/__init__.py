"""Measured, never tested: figures beside their peers. `./dev bench NAME`."""
