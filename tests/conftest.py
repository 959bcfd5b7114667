"""Shared by all tests."""

import os

# Loops look at this when they are made, so it holds however pytest was started.
os.environ["PYTHONASYNCIODEBUG"] = "1"
