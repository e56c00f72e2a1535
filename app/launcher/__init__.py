"""Sets up everything that Linkwright needs, with the standard library alone."""
