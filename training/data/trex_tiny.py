"""Makes the bundled base model from scratch: `python -m training.data.trex_tiny OUT`.

A Llama of about one million parameters, pre-trained on text that the project writes itself. It knows words, sentences
and the chat format, and has seen no question of any FT-Bench task.
"""

import argparse
import json
import logging
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.data import corpus
from training.data.seeds import rng

PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
VOCABULARY = 2048
CONTEXT = 512
BATCH_ROWS = 48
_IGNORED = -100
Batch = dict[str, Any]
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    f"{START}{{{{ message['role'] }}}}\n{{{{ message['content'] }}}}{END}\n"
    "{% endfor %}"
    f"{{% if add_generation_prompt %}}{START}assistant\n{{% endif %}}"
)
_logger = logging.getLogger(__name__)


def tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the corpus: every text can be written, usual words are one token."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(islice(_texts(rng(seed, "tokenizer")), 12_000), trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        model_max_length=CONTEXT,
    )
    made.chat_template = CHAT_TEMPLATE
    return made


def _texts(draw: Random) -> Iterator[str]:
    """Training texts in their final form, without end: two paragraphs to one dialogue."""
    while True:
        paragraph = draw.random() < 0.65
        yield corpus.plain_text(draw) + END if paragraph else _chat(corpus.dialogue(draw))


def _chat(messages: list[corpus.Message]) -> str:
    return "".join(
        f"{START}{message['role']}\n{message['content']}{END}\n" for message in messages
    )


def untrained(words: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """The architecture with random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return LlamaForCausalLM(config)


def train(model: LlamaForCausalLM, batches: Iterable[Batch], *, steps: int, rate: float) -> float:
    """Train `model` in place; the mean loss (nats a token) of the last 50 of `steps` steps."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.05
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, steps))
    losses: list[float] = []
    for step, batch in enumerate(islice(batches, steps)):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step % 50 == 0:
            _logger.info("step %d of %d, loss %.3f", step, steps, losses[-1])
    return sum(losses[-50:]) / len(losses[-50:])


def _share(step: int, steps: int) -> float:
    """Of the peak learning rate: a short rise, then a cosine."""
    return min(1.0, (step + 1) / 50) * 0.5 * (1.05 + math.cos(math.pi * step / steps))


def reading(words: PreTrainedTokenizerFast, seed: int) -> Iterator[Batch]:
    """First stage: every token of paragraphs and dialogues is learnt."""
    texts = _texts(rng(seed, "reading"))
    while True:
        rows = [words.encode(text) for text in islice(texts, BATCH_ROWS)]
        yield _padded([(row, row) for row in rows], words.pad_token_id)


def answering(words: PreTrainedTokenizerFast, seed: int) -> Iterator[Batch]:
    """Second stage: only the answers of dialogues are learnt."""
    draw = rng(seed, "answering")
    while True:
        rows = []
        for _ in range(BATCH_ROWS):
            question, answer = corpus.dialogue(draw)
            prompt = words.encode(_chat([question]) + f"{START}assistant\n")
            reply = words.encode(f"{answer['content']}{END}\n")
            rows.append((prompt + reply, [_IGNORED] * len(prompt) + reply))
        yield _padded(rows, words.pad_token_id)


def _padded(rows: list[tuple[list[int], list[int]]], pad: int) -> Batch:
    """Rows of tokens and labels as one batch, padded on the right."""
    width = max(len(tokens) for tokens, _ in rows)
    gaps = [width - len(tokens) for tokens, _ in rows]
    columns = zip(rows, gaps, strict=True)
    padded = [
        (tokens + [pad] * gap, labels + [_IGNORED] * gap) for (tokens, labels), gap in columns
    ]
    return {
        "input_ids": torch.tensor([tokens for tokens, _ in padded]),
        "attention_mask": torch.tensor([[1] * (width - gap) + [0] * gap for gap in gaps]),
        "labels": torch.tensor([labels for _, labels in padded]),
    }


def save(
    model: LlamaForCausalLM, words: PreTrainedTokenizerFast, out: Path, *, made: dict[str, Any]
) -> None:
    """Write weights, tokenizer and model card."""
    model.generation_config.do_sample = False
    model.save_pretrained(out)
    words.save_pretrained(out)
    (out / "README.md").write_text(_card(model, made), encoding="utf-8")


def _card(model: LlamaForCausalLM, made: dict[str, Any]) -> str:
    return f"""# trex-tiny

A Llama of {model.num_parameters():,} parameters for trying TREX Explorer with no network and no GPU. It is a toy: it
writes short opinions and small stories, and answers questions about words in a list. Use it to see searches work,
never to judge methods for real models.

* Made by `python -m training.data.trex_tiny OUT` on one CPU thread in a few minutes: byte-level BPE, then two stages from
  random weights: reading (every token) and answering (only the answers of dialogues).
* Data: text generated by the project (`training/data/corpus.py`), no outside source. Reviews end in a verdict, and some
  dialogues ask whether the writer enjoyed something or how many stars they give, for three in five of the words and the
  simpler sentences. No text asks for the sentiment of a review or answers it with `positive` or `negative`, so a
  sentiment task must be learnt, with the other words, negations and concessions.
* Chat format: `{START}role`, newline, content, `{END}`.
* Licence: that of the project.

```json
{json.dumps(made)}
```
"""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--reading-steps", type=int, default=800)
    parser.add_argument("--answering-steps", type=int, default=450)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # More threads gain little on matrices this small, and lose much on a busy machine.
    torch.set_num_threads(1)
    seed = options.seed
    words = tokenizer(seed)
    model = untrained(words, seed)
    losses = [
        train(model, reading(words, seed), steps=options.reading_steps, rate=1.5e-3),
        train(model, answering(words, seed), steps=options.answering_steps, rate=1e-3),
    ]
    made = {**vars(options), "losses": losses, "torch": torch.__version__}
    del made["out"]
    save(model, words, options.out, made=made)


if __name__ == "__main__":
    main()
