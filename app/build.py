"""Which build this is."""

BUILD = "0.1.0"
"""The version in pyproject.toml; a test compares the two."""
