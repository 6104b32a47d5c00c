"""What a model writes after each prompt, many rows at once."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from training.evaluate.batches import Tokens, batches, pad_token, tokenise
from training.evaluate.decoding import Decoding
from training.evaluate.prefix import filled_cache, pad_after_prefix, shared_length
from training.methods import Emit

BATCH_TOKENS = {"cpu": 4_096, "cuda": 65_536}
"""Padded tokens of a batch, prompts and answers together; a batch that does not fit is halved."""


def generate(
    prompts: Sequence[Any], *, model: Any, tokenizer: Any, decoding: Decoding, emit: Emit
) -> list[str]:
    """The answer to each of `prompts` (chat messages), in their order.

    A batch ends when all its rows have ended. Drawn answers depend on the seed and on which rows share a batch.
    """
    rows = tokenise(prompts, tokenizer)
    answers = [""] * len(rows)
    done = 0
    budget = BATCH_TOKENS.get(model.device.type, BATCH_TOKENS["cpu"])
    planned = batches([len(row) for row in rows], extra=decoding.max_new_tokens, budget=budget)
    with _generating(model, decoding):
        for places in planned:
            written = _fit([rows[place] for place in places], model, tokenizer, decoding)
            for place, text in zip(places, written, strict=True):
                answers[place] = text
            done += len(places)
            emit("progress", stage="evaluate", done=done, total=len(rows), unit="rows")
    return answers


@contextlib.contextmanager
def _generating(model: Any, decoding: Decoding) -> Iterator[None]:
    """No gradients, no dropout, and draws of their own that leave the caller's as they were."""
    import torch

    was_training = model.training
    model.eval()
    with torch.inference_mode(), torch.random.fork_rng(enabled=decoding.do_sample):
        if decoding.do_sample:
            torch.manual_seed(decoding.seed)
        yield
    model.train(was_training)


def _fit(rows: list[Tokens], model: Any, tokenizer: Any, decoding: Decoding) -> list[str]:
    """As `_write`, in halves where the device has too little memory for all."""
    import torch

    try:
        return _write(rows, model, tokenizer, decoding)
    except torch.OutOfMemoryError:
        if len(rows) == 1:
            raise
    half = len(rows) // 2
    parts = (rows[:half], rows[half:])
    return [text for part in parts for text in _fit(part, model, tokenizer, decoding)]


def _write(rows: list[Tokens], model: Any, tokenizer: Any, decoding: Decoding) -> list[str]:
    pad = pad_token(tokenizer)
    shared = shared_length(rows)
    ids, mask = pad_after_prefix(rows, shared, pad=pad, device=model.device)
    tokens = model.generate(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=filled_cache(ids, shared, model),
        use_cache=True,
        pad_token_id=pad,
        eos_token_id=ends(model.generation_config, tokenizer),
        **decoding.options(),
    )
    written: list[str] = tokenizer.batch_decode(
        tokens[:, ids.shape[1] :], skip_special_tokens=True
    )
    return written


def ends(config: Any, tokenizer: Any) -> list[int]:
    """Every token that ends an answer: a chat model's generation `config` often names more than its tokenizer."""
    named = config.eos_token_id
    named = named if isinstance(named, list) else [named]
    return sorted({token for token in (tokenizer.eos_token_id, *named) if token is not None})
