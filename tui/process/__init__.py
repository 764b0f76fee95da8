"""Own the terminal and the processes: the supervisor, its child, signals, hang-ups.

Imports neither Textual nor JAX, so that a process is quick to start and safe to fork.

Its modules are imported by name, so that a process loads no more of them than it needs: `background`, `child`, `crash`,
`exit_codes`, `hangup`, `signals`, `supervisor`, `terminal`.
"""
