"""Processes of the runner on this machine: cold and forked ones, what they see, how they end."""
