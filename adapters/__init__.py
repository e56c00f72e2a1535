"""The outside world, translated: database, browser, clock, secrets."""
