"""One tree of errors. Each message says what was wrong and what the user can do about it."""


class VaeTuiError(Exception):
    """Base of every error that vae-tui raises on purpose; its text is one line for the user."""


class UsageError(VaeTuiError):
    """What the user asked for cannot be done as asked. The command line exits with code 2."""


class ConfigError(UsageError):
    """A configuration value is impossible, or a configuration file cannot be read."""


class DataError(UsageError):
    """A data set is unknown, cannot be fetched, or its files are not what they should be."""


class RunError(UsageError):
    """A run directory is missing, unreadable, not writable, or locked by another process."""


class CheckpointError(UsageError):
    """A run has no checkpoint that can be read."""


class WireError(VaeTuiError):
    """The other end of a connection refuses it, or says what cannot be understood; the connection is over."""


class TrainingError(VaeTuiError):
    """Training failed after it had begun. The command line exits with code 1."""
