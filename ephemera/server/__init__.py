"""Connections: the hot requests read and answered by us, all others by Hypercorn."""
