"""The Sandbox: a local AWS that comes with Workbench, for use and tests without an account."""
