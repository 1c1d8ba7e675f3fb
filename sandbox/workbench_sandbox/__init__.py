"""The Sandbox: a strict local AWS that runs Lambda functions, without an account and without Docker.

`server` is the program; it runs in an environment of its own, with MiniStack. `rules` are rules of AWS that a
client keeps, too, such as Workbench. All but `server` needs the standard library only.
"""
