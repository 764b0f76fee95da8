"""Manage the terminal and the processes: the supervisor, its child, signals and hang-ups.

Nothing here imports Textual or JAX, so that a process starts quickly and is safe to fork.

Modules are imported by name, so that a process loads only those that it needs: `background`, `child`, `crash`,
`exit_codes`, `hangup`, `signals`, `supervisor`, `terminal`, `watcher`.
"""
