"""Thousands of streams for minutes, `make soak`: is anything lost, does anything grow."""
