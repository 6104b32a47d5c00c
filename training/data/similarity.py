"""Which of many vectors are close to an earlier one: exact, in blocks of one matrix product each."""

from typing import Any

BLOCK_ROWS = 1_024
"""Rows compared at once with all that stay, so that memory grows with the rows and not with their square."""
ROUNDING = 1e-5
"""What float32 may take off the product of two equal vectors of length 1."""


def kept(vectors: Any, threshold: float) -> list[bool]:
    """For each row of `vectors` whether it stays: no earlier row that stays has a cosine of `threshold` or more.

    vectors: (rows, dimensions) float32, rows of length 1; a row of zeros is close to none.
    """
    import numpy

    found: list[bool] = []
    staying = numpy.empty_like(vectors)
    count, bound = 0, threshold - ROUNDING
    for at in range(0, len(vectors), BLOCK_ROWS):
        block = vectors[at : at + BLOCK_ROWS]
        is_close = _is_close(block, staying[:count], bound)
        stays = _first_of_each(block @ block.T >= bound, is_close)
        found += stays
        chosen = block[stays]
        staying[count : count + len(chosen)] = chosen
        count += len(chosen)
    return found


def _is_close(block: Any, staying: Any, bound: float) -> list[bool]:
    """Whether each row of `block` is close to any of `staying`."""
    import numpy

    found = numpy.zeros(len(block), dtype=bool)
    for at in range(0, len(staying), BLOCK_ROWS):
        found |= (block @ staying[at : at + BLOCK_ROWS].T >= bound).any(axis=1)
    return found.tolist()


def _first_of_each(close: Any, is_gone: list[bool]) -> list[bool]:
    """Whether each row of a block stays beside those of the block that came before it and stay."""
    stays: list[bool] = []
    for place, gone in enumerate(is_gone):
        near = close[place, :place]
        stays.append(not gone and not near[stays].any())
    return stays
