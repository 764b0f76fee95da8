"""Settings for all tests."""

from hypothesis import settings

# Machines are shared and slow at times: an example's run time is no reason to fail.
settings.register_profile("vae-tui", deadline=None, max_examples=50, print_blob=True)
settings.load_profile("vae-tui")
