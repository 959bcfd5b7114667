"""Fan-out inside one process: from an engine's events to the streams that are open here."""
