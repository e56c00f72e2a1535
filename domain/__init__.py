"""The lifecycle of a linked WhatsApp account: what may happen, and what follows from it.

Pure: no clock, no id source, no log, no network. Read in this order: `lifecycle` (what an account
may do next), `events`, `commands`, `decide`, `account`.
"""
