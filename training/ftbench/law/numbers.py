"""Numbers in Chinese legal texts: articles, terms of imprisonment, amounts of money."""

import math
import re

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100}
_NUMBER = "([0-9]{1,9}|[零一二两三四五六七八九十百]{1,9})"
# One class, not numbers in a group that repeats: what a model wrote must not make the search explode.
_ARTICLES = re.compile("第([0-9零一二两三四五六七八九十百、，,]{1,99})条")
_MONTHS = re.compile(f"{_NUMBER}个?月")
_YEARS = re.compile(f"{_NUMBER}年")
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
LONGEST_MONTHS = 216
"""18 years: the distance at which a term scores 0 is the logarithm of this."""


def articles(text: str) -> set[str]:
    """Numbers of the articles that `text` cites as 第…条, several of them with commas between."""
    lists = (found.group(1) for found in _ARTICLES.finditer(text))
    return {str(read(number)) for listed in lists for number in re.findall(_NUMBER, listed)}


def months(text: str) -> int | None:
    """The first number of months in `text`; without one the first number of years, in months."""
    if found := _MONTHS.search(text):
        return read(found.group(1))
    if found := _YEARS.search(text):
        return 12 * read(found.group(1))
    return None


def amounts(text: str) -> set[float]:
    """All decimal numbers in `text`."""
    return {float(found) for found in _DECIMAL.findall(text)}


def closeness(written: int, wanted: int) -> float:
    """1 for the same number of months, down to 0 where their logarithms are `LONGEST_MONTHS` apart."""
    distance = abs(math.log(written + 1) - math.log(wanted + 1))
    return max(0.0, 1 - distance / math.log(LONGEST_MONTHS))


def read(numeral: str) -> int:
    """The value of Arabic or Chinese digits, the latter up to 999."""
    if numeral.isdecimal():
        return int(numeral)
    total = digit = 0
    for character in numeral:
        if character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = _DIGITS[character]
    return total + digit
