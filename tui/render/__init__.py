"""Pure functions from NumPy arrays to terminal cells."""
