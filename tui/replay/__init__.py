"""A run that is over, played again from its log: at once, or at any speed, from any step."""
