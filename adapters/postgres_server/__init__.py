"""A PostgreSQL of our own, for machines that have none: private, socket only, dies with its parent.

Why, and what was rejected: docs/decisions/embedded-postgresql.md.
"""

from adapters.postgres_server.failures import PostgresServerError
from adapters.postgres_server.server import EmbeddedPostgres, Limits

__all__ = ["EmbeddedPostgres", "Limits", "PostgresServerError"]
