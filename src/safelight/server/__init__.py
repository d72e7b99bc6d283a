"""Server: the same work over HTTP, in three processes that trust each other as little as they can.

The supervisor binds the sockets, starts the other two, and parses nothing. The front end parses
HTTP and can reach nothing: no connection, no program, no file but its own. The back end has the
keys, the journal and the workers, and takes from the front end only records of a fixed shape.
"""
