"""Training method `rloo`."""

from pydantic import Field

from training.methods._rewarded import RewardedMethod, Sampling


class Rloo(RewardedMethod["Rloo.Params"]):
    """REINFORCE leave-one-out (arXiv:2402.14740), rewarded by the task's metric, with TRL's RLOOTrainer."""

    class Params(Sampling):
        beta: float = Field(default=0.05, ge=0, le=100)
        """How strongly the model is held to the one that training began with; 0 lets it go and saves its memory."""
        epsilon: float = Field(default=0.2, gt=0, lt=1)
        """How far one step may change the probability of a completion, as a share of it."""
        normalize_advantages: bool = False
        """Divide by the spread of the advantages in a batch."""

    trainer = "RLOOTrainer"
    config = "RLOOConfig"
