"""The event log: append-only inputs and events on PostgreSQL, and a whole one in memory.

`interface` says what a log does, `store` does it on PostgreSQL, `memory` without a server;
`recorder` and `mapper` open the same tables to eventsourcing's own tools.
"""
