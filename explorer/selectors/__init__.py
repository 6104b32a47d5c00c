"""Reads: what pages, sockets and the search are shown."""
