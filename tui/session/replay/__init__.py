"""Play a recorded run again from its log: at once, or at any speed, from any step.

The clock, the index of the log, the models of the recorded checkpoints, and what only a replay can be told or says.
"""
