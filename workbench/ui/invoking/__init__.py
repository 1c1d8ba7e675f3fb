"""Invoking in the window: what is sent, its answer, the ledger of what was sent before."""
