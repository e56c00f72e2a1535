"""Replay: what a recorded account was, what it would be today, and why its scans failed."""
