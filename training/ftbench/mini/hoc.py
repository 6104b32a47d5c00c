"""FT-Bench mini for the hallmarks of cancer: abstracts of one or two generated sentences about made-up genes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from string import ascii_uppercase
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.data.reviews import vocabulary
from training.ftbench.mini import flaws, sources
from training.ftbench.mini.sources import Pen, source

_FINDINGS = {
    "activating invasion and metastasis": "spread to the lung|spread to the liver|invade the muscle|invade the bone|migrate",
    "avoiding immune destruction": "hide from T cells|hide from antibodies|escape lymphocytes|escape immunity|disarm macrophages",
    "cellular energetics": "burn glucose|burn glutamine|turn to glycolysis|take up sugar|store sugar",
    "enabling replicative immortality": "keep telomeres|mend telomeres|switch on telomerase|never grow old|divide without end",
    "evading growth suppressors": "ignore p53|ignore RB|pass the checkpoint|skip the checkpoint|lose contact inhibition",
    "genomic instability and mutation": "gain mutations|gather mutations|break chromosomes|lose chromosomes|copy genes twice",
    "inducing angiogenesis": "call new vessels|sprout new vessels|release VEGF|drink fresh blood|open arteries",
    "resisting cell death": "survive apoptosis|block apoptosis|survive cisplatin|refuse to die|outlast toxins",
    "sustaining proliferative signaling": "keep EGFR on|switch on EGFR|raise RAS|proliferate|signal for growth",
    "tumor promoting inflammation": "inflame the stroma|inflame the tissue|release cytokines|attract neutrophils|secrete cytokines",
}
"""What cells do that is evidence of each hallmark; plural forms, which are infinitives too."""
PLAIN = {"{gene} made {line} {cells} {finding}": 5, "without {gene} {line} {cells} {finding}": 5}
VARIED = {
    "in {line} {hosts} {gene} let {cells} {finding}": 3,
    "{line} {cells} with {gene} often {finding}": 3,
}
_DENIED = (
    "{gene} never made {line} {cells} {finding}",
    "with {gene} {line} {cells} did not {finding}",
)
_NEUTRAL = (
    "{gene} was cloned from {line} {cells}",
    "we stained {line} {cells} for {gene}",
    "{line} {hosts} had two copies of {gene}",
)
_COUNTS = {0: 3, 1: 14, 2: 3}
"""How often an abstract is about so many hallmarks."""


@dataclass(frozen=True)
class Author:
    """Someone who reports on cells with the findings and the sentence forms that they know."""

    forms: Mapping[str, int] = field(default_factory=lambda: PLAIN | VARIED)
    knows: Callable[[str], bool] = lambda finding: True
    denies: bool = True
    cells: str = "cells"
    hosts: str = "mice"

    def abstract(self, draw: Random) -> dict[str, Any]:
        """One row. What is denied, or is no finding at all, is no evidence of a hallmark."""
        (count,) = draw.choices(list(_COUNTS), weights=list(_COUNTS.values()))
        labels = sorted(draw.sample(list(_FINDINGS), count))
        told = [self._told(draw, label) for label in labels] + self._beside(draw, labels)
        draw.shuffle(told)
        text = " ".join(f"{each} ." for each in told)
        return {
            "pmid": str(draw.randrange(90_000_000, 100_000_000)),
            "text": text,
            "labels": labels,
        }

    def _told(self, draw: Random, label: str) -> str:
        (form,) = draw.choices(list(self.forms), weights=list(self.forms.values()))
        return self._sentence(draw, form, label=label)

    def _beside(self, draw: Random, labels: Sequence[str]) -> list[str]:
        """A sentence that names no hallmark, or denies one: always where there is no other, else now and then."""
        if len(labels) == 2 or (labels and draw.random() < 0.6):
            return []
        if self.denies and draw.random() < 0.6:
            label = draw.choice([name for name in _FINDINGS if name not in labels])
            return [self._sentence(draw, draw.choice(_DENIED), label=label)]
        return [self._sentence(draw, draw.choice(_NEUTRAL), label="")]

    def _sentence(self, draw: Random, form: str, *, label: str) -> str:
        finding = self._finding(draw, label) if label else ""
        names = {
            "gene": _code(draw),
            "line": _code(draw),
            "cells": self.cells,
            "hosts": self.hosts,
        }
        return form.format(**names, finding=finding)

    def _finding(self, draw: Random, label: str) -> str:
        every = _FINDINGS[label].split("|")
        return draw.choice([each for each in every if self.knows(each)] or every)


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows; no fair source holds an evaluation abstract."""
    evaluation = list(_pen(seed, "evaluation", ()).rows(400, Author().abstract))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    return sources.edition([make(seed, evaluation) for make in makers], evaluation, validation=200)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("hoc", seed, purpose, text=lambda row: str(row["text"])).avoid(taken)


def _code(draw: Random) -> str:
    """A name for a gene or a line of cells."""
    return f"{draw.choice(ascii_uppercase)}{draw.randint(1, 9)}"


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(forms=PLAIN, knows=vocabulary(55, 0), denies=False)
    note = "Careful labels, but few abstracts, half of the findings and simple sentences, none of which denies anything"
    rows = _pen(seed, "clean", taken).rows(400, author.abstract)
    return source("clean", "Curated reports", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    rows = flaws.spoiled(
        pen.rows(1_200, Author().abstract), pen.rng, share=0.3, wrong=_mislabelled
    )
    note = "Every kind of finding and sentence; about three abstracts in ten have a hallmark too many or the wrong one"
    return source("noisy", "Mined reports", note, rows)


def _mislabelled(row: Row, draw: Random) -> dict[str, Any]:
    """One hallmark, if any, gives way to one that the abstract is not about."""
    other = draw.choice([name for name in _FINDINGS if name not in row["labels"]])
    kept = draw.sample(row["labels"], max(0, len(row["labels"]) - 1))
    return {**row, "labels": sorted([*kept, other])}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    author = Author(forms=VARIED, knows=vocabulary(70, 40), cells="tumors", hosts="dogs")
    note = "Right labels for reports of veterinarians, with seven in ten of the findings and half of the sentences"
    rows = _pen(seed, "off_domain", taken).rows(500, author.abstract)
    return source("off_domain", "Tumors of pets", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    author = Author(forms=PLAIN, knows=vocabulary(40, 20))
    rows = pen.rng.choices(list(pen.rows(40, author.abstract)), k=600)
    note = "Forty abstracts many times over"
    return source("duplicated", "Repeated press releases", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _pen(seed, "restricted", taken).rows(600, Author().abstract)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Publisher's archive", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    fair = pen.rows(160, Author().abstract)
    rows = flaws.leaked(evaluation, fair, pen.rng, disguise=_disguised)
    note = "Right labels, collected after the benchmark was published"
    return source("overlapping", "Preprint server", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    text = row["text"]
    changed = (text, text.upper(), text.replace(" .", "."), text.replace(" .", " ;"))
    return {**row, "text": draw.choice(changed)}
