"""Tests, mirroring workbench/. What all share is here: conftest, strict, stall."""
