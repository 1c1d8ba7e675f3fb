"""The ledger of invocations on the screen: found, looked at again, run again, compared."""
