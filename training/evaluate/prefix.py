"""What all prompts of a batch begin with, such as the question that they share, is computed once."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from training.evaluate.batches import Tokens, pad_left

WORTHWHILE_TOKENS = 4
"""A shorter beginning costs more than it saves."""


def shared_length(rows: Sequence[Tokens]) -> int:
    """Tokens that all rows begin with, at least one of each row left over; 0 where sharing would not pay."""
    if len(rows) < 2:
        return 0
    shared = sum(1 for _ in takewhile(_all_equal, zip(*rows, strict=False)))
    shared = min(shared, min(map(len, rows)) - 1)
    return shared if shared >= WORTHWHILE_TOKENS else 0


def _all_equal(column: tuple[int, ...]) -> bool:
    return column.count(column[0]) == len(column)


def pad_after_prefix(
    rows: Sequence[Tokens], shared: int, *, pad: int, device: Any
) -> tuple[Any, Any]:
    """(ids, mask), each (rows, longest) int64: the shared tokens, then padding, then what is each row's own."""
    import torch

    ids, mask = pad_left([row[shared:] for row in rows], pad=pad, device=device)
    start = torch.tensor(rows[0][:shared], dtype=ids.dtype, device=device).expand(len(rows), -1)
    return torch.cat([start, ids], dim=1), torch.cat([torch.ones_like(start), mask], dim=1)


def filled_cache(ids: Any, shared: int, model: Any) -> Any:
    """A cache for all rows of `ids` that holds their first `shared` tokens; None where nothing is shared.

    Models that keep another state than keys and values start from nothing.
    """
    if not shared or not model._supports_default_dynamic_cache():
        return None
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config.get_text_config(decoder=True))
    model(input_ids=ids[:1, :shared], past_key_values=cache, use_cache=True, logits_to_keep=1)
    cache.batch_repeat_interleave(len(ids))
    return cache
