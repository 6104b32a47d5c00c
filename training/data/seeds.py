"""Every random choice of this package is drawn from a generator made here."""

import random


def rng(seed: int, *purpose: str) -> random.Random:
    """A generator for one purpose: adding a draw for another purpose leaves this one unchanged."""
    return random.Random("/".join([str(seed), *purpose]))  # noqa: S311 - data, not secrets
