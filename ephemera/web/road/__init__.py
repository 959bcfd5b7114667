"""The road of every request: what it asks, who serves it, how it is answered."""
