"""What rooms are and what may happen in them: pure decisions, no I/O, no clock of its own."""
