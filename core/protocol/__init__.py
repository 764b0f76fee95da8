"""What the engine and the screens say to each other.

The commands that a trainer obeys, the events that it emits, and the codec that makes JSON records of both. The messages
are frozen dataclasses of plain values and NumPy arrays, so this folder imports neither JAX nor anything of a screen.
"""
