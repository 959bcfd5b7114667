"""How things look: pages and fragments, sentences, and the events of a room."""
