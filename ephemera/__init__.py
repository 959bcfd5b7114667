"""Ephemera, a private chatroom that forgets."""

__version__ = "0.1.0"
