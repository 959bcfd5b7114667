"""The load generator: plain sockets and one epoll loop, so that it is not what is measured."""
