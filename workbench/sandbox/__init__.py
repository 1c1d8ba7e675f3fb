"""The Sandbox: a local AWS that comes with Workbench, to try it and test with it without an account."""
