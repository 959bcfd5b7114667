"""Where rooms live: one contract (`base`), and one module for each engine."""
