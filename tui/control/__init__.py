"""Turn keys into commands: every action once, as far as a session's role allows.

Commands that are sent and not yet acknowledged are kept here.
"""
