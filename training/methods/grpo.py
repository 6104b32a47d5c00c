"""Training method `grpo`."""

from typing import Literal

from pydantic import Field

from training.methods._rewarded import RewardedMethod, Sampling


class Grpo(RewardedMethod["Grpo.Params"]):
    """Group relative policy optimization (arXiv:2402.03300), rewarded by the task's metric, with TRL's GRPOTrainer."""

    class Params(Sampling):
        beta: float = Field(default=0.0, ge=0, le=100)
        """How strongly the model is held to the one that training began with; 0 lets it go and saves its memory."""
        epsilon: float = Field(default=0.2, gt=0, lt=1)
        """How far one step may change the probability of a token, as a share of it."""
        loss_type: Literal["grpo", "bnpo", "dr_grpo", "dapo"] = "dapo"
        """How the tokens of completions of different lengths are averaged."""
        scale_rewards: Literal["group", "batch", "none"] = "group"
        """Over what the spread of rewards is measured by which they are divided."""

    trainer = "GRPOTrainer"
    config = "GRPOConfig"
