"""Thin edges: guard, ask a selector or a service, answer."""
