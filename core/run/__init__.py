"""Keep a run on disk: its directory, lock, event log and sample files.

What is made of them alone belongs here as well: the list of runs, and exports for other programs. Nothing here imports
JAX.
"""
