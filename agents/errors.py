"""Every error that agents raises on purpose."""


class AgentsError(Exception):
    """Root of this package's errors."""


class SteeringRefused(AgentsError):
    """A person's act cannot be done on this tree; the message says why."""


class LeaseLost(AgentsError):
    """Another worker, or a person's act, has taken the node from this executor."""


class RunnerError(AgentsError):
    """A training process could not be started."""


class ModelError(AgentsError):
    """A language model gave no answer; the message never holds a key."""


class PromptRefused(ModelError):
    """The provider does not answer this one prompt; others it may."""


class BudgetUsedUp(ModelError):
    """One more call would cost more than may be spent."""
