"""Three processes on one engine, and what goes wrong with them: whether anything is lost."""
