"""The exceptions of vae-tui. Each message says what happened and what to do."""


class VaeTuiError(Exception):
    """Base class of vae-tui's errors; the message is one line for the user."""


class UsageError(VaeTuiError):
    """A user's request cannot be carried out (exit code 2)."""


class ConfigError(UsageError):
    """A configuration value is invalid, or a configuration file cannot be read."""


class DataError(UsageError):
    """A data set is unknown, cannot be downloaded, or has unexpected files."""


class RunError(UsageError):
    """A run directory is missing, unreadable, not writable, or locked by another process."""


class CheckpointError(UsageError):
    """A checkpoint or a file of parameters is missing or cannot be read."""


class WireError(VaeTuiError):
    """The peer refused the connection or sent an invalid message; the connection is closed."""


class TrainingError(VaeTuiError):
    """Training failed after it had started. The command line exits with code 1."""


class DiskFullError(TrainingError):
    """A disk or a quota is full; the message says where, and how much room is needed."""
