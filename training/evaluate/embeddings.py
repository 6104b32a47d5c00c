"""Texts as vectors of a language model, without any further library."""

from collections.abc import Sequence
from typing import Any

from training.evaluate.batches import batches, encode, pad_right, pad_token

BATCH_TOKENS = {"cpu": 4_096, "cuda": 65_536}
"""Padded tokens of a batch."""
MAX_TOKENS = 8_192
"""Of a text, where the model takes as many; what follows is not read."""


def embed(texts: Sequence[str], *, model: Any, tokenizer: Any) -> Any:
    """(texts, hidden size) float32 array: the mean of the last hidden states over a text's tokens, scaled to length 1.

    Padding does not count; a text without a token is a row of zeros. Which texts share a batch changes a value
    by about 1e-6. No special tokens, no chat template.
    """
    import numpy
    import torch

    rows = [tokens[: _longest(model)] for tokens in encode(texts, tokenizer)]
    found = numpy.zeros((len(rows), model.config.get_text_config().hidden_size), numpy.float32)
    budget = BATCH_TOKENS.get(model.device.type, BATCH_TOKENS["cpu"])
    model.eval()
    with torch.inference_mode():
        for places in batches([len(row) for row in rows], extra=0, budget=budget):
            filled = [place for place in places if rows[place]]
            if filled:
                batch = [rows[place] for place in filled]
                found[filled] = _means(batch, model, pad_token(tokenizer))
    return found


def _longest(model: Any) -> int:
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(MAX_TOKENS, limit or MAX_TOKENS)


def _means(rows: list[list[int]], model: Any, pad: int) -> Any:
    import torch

    ids, mask = pad_right(rows, pad=pad, device=model.device)
    states = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False)
    real = mask.unsqueeze(-1)
    sums = (states.last_hidden_state.float() * real).sum(1)
    return torch.nn.functional.normalize(sums / real.sum(1), dim=-1).cpu().numpy()
