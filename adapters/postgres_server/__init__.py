"""A PostgreSQL of our own, for machines that have none: private, socket only, dies with its parent.

Why, and what was rejected: docs/decisions/embedded-postgresql.md.
"""
