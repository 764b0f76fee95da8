"""Own the terminal and the processes: the supervisor, its child, signals, hang-ups.

Imports neither Textual nor JAX, so that a process is quick to start and safe to fork.
"""
