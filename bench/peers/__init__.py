"""The peers: one file is one small chat server of our own; bench/entrants.py lists them.

Those that speak server-sent events offer what Ephemera does, under the same paths: POST /rooms and
/join answer 201 with `{"room": {"id", "code"}, "token"}`, GET /rooms/{id}/events streams, and POST
/rooms/{id}/messages says something. Those that speak Socket.IO know the events open, join and
message. None has guards, pages, presence or an end for its rooms: they are as cheap as such a
program gets.
"""
