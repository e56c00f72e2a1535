"""The HTTP API, version 1, and the pages: one file for each group of routes."""
