"""The terminal: `ephemera send` and `ephemera join`, clients of the HTTP interface like any other.

Nothing here is needed to serve. What a server sends is shown only after
`ephemera.domain.terminals` has made it safe for a terminal.
"""
