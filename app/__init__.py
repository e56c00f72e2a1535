"""Constructs the parts, connects them and speaks HTTP."""
