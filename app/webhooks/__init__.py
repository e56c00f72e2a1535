"""Webhooks: endpoints are told what the feed tells, from a cursor over the log."""
