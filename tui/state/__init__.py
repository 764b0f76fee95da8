"""Know what a screen shows: values folded from a run's events, and their words.

The run view, the estimate of the time left, the log book, messages and notifications, the viewport. Plain values and
pure functions; nothing here draws.
"""
