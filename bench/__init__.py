"""What a message and an idle stream cost, here and elsewhere: `make bench`."""
