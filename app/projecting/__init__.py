"""Projections as a whole: which there are, how far each is, and how one is made anew."""
