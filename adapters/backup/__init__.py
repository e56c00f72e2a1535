"""Writes the database into one file, and a file into a database: whole or not at all.

Why it is done in this way: docs/decisions/backup.md.
"""
