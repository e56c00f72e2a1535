"""What people read, computed from events by pure functions, so that it can be rebuilt."""
