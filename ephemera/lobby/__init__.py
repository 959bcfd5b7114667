"""The use cases around rooms: they look up, ask the domain, and make the engine hold it."""
