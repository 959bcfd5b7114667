"""What comes of a run: spreads and ratios, a table in the terminal, RESULTS.md and its plot."""
