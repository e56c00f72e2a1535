"""Statistics of attempts: how far they came, how long it took, and why they ended.

Pure sums over rows of the attempts table, each with the cause of its ending. Sums of parts can be
merged; every number is exact.
"""
