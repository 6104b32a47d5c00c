"""Operator `mix`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from pydantic import Field

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import SOURCE
from training.data.seeds import rng
from training.operators import Operator


class Mix(Operator):
    """Draws rows so that sources have given proportions; rows repeat only where `total` asks for more than there are.

    A source's proportion is `weight * rows ** (1 / temperature)`, as for languages in mT5 (arXiv:2010.11934).
    """

    class Params(extensions.Params):
        weights: dict[str, float] = Field(default={}, max_length=32)
        """Weight by source; 1 where none is given, and 0 leaves the source out."""
        temperature: float = Field(default=1.0, ge=1, le=1_000)
        """1 keeps the sources' sizes; larger values make them more equal."""
        total: int | None = Field(default=None, ge=1, le=10_000_000)
        """Rows after mixing; without it as many as can be had without repeating any."""

    _mixed = ""

    @property
    def note(self) -> str:
        """Rows by source, after."""
        return self._mixed

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        everything = list(rows)
        places: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(everything):
            places[str(row.get(SOURCE, ""))].append(place)
        kept = sorted(self._kept(places))
        self._mixed = ", ".join(f"{name}: {size}" for name, size in self._sizes(places).items())
        for place in sorted(set(range(len(everything))).difference(kept)):
            self.drop(everything[place], "not drawn")
        return (everything[place] for place in kept)

    def _kept(self, places: dict[str, list[int]]) -> Iterator[int]:
        draw = rng(self.around.seed, self.around.field)
        for name, size in self._sizes(places).items():
            whole, rest = divmod(size, len(places[name]))
            yield from places[name] * whole
            yield from draw.sample(places[name], rest)

    def _sizes(self, places: dict[str, list[int]]) -> dict[str, int]:
        """Rows to take from each source, which add up to `total` where it is given."""
        power = 1 / self.params.temperature
        raw = {
            name: max(0.0, self.params.weights.get(name, 1.0)) * len(at) ** power
            for name, at in sorted(places.items())
        }
        parts = {name: part / sum(raw.values()) for name, part in raw.items() if part > 0}
        if not parts:
            return {}
        total = self.params.total or min(len(places[name]) / part for name, part in parts.items())
        # A hair more, so that rounding errors do not cost a row.
        sizes = Counter({name: int(total * part + 1e-6) for name, part in parts.items()})
        if self.params.total:
            rests = sorted(parts, key=lambda name: sizes[name] - total * parts[name])
            sizes.update(rests[: max(0, self.params.total - sizes.total())])
        return dict(sizes)
