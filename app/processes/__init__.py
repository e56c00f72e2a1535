"""The processes, each in a module of its own: one loads only what it runs.

Five processes share one database and nothing else: `serve` (API, pages, feed, deadlines,
workspaces), `worker` (browsers), `standby` (a second one for each linked account), `webhooks`
(tells receivers) and `sandbox` (the stand-in page). `up` runs them all. Only here are things
constructed.
"""
