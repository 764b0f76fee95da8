"""A live run from outside: the process that trains listens on a socket in the run's directory, viewers connect to it.

What a run has said is in its log, which every viewer reads for itself; the host only says how far the log is whole.
Over the socket go commands, what is not logged, and the run's last event. `wire` has the messages, `sockets` the socket
file, `server` the host's end, which never waits for a viewer, and `client` a viewer's end.
"""
