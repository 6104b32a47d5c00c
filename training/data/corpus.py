"""Text from which the bundled model learns words, sentences and the chat format, but no FT-Bench task."""

from random import Random

from training.data.lexicon import BLAME, FILM, GADGET, PRAISE, TABLE
from training.data.reviews import PLAIN, Author, vocabulary

Message = dict[str, str]
_DOMAINS = {"film": FILM, "food": TABLE, "gadget": GADGET}
_COLOURS = [
    "red",
    "blue",
    "green",
    "yellow",
    "black",
    "white",
    "brown",
    "purple",
    "orange",
    "grey",
]
_THINGS = [
    "car",
    "door",
    "house",
    "bird",
    "apple",
    "boat",
    "shirt",
    "stone",
    "flower",
    "bottle",
    "chair",
    "lamp",
    "train",
    "dog",
    "cat",
    "horse",
    "book",
    "hat",
]
_PEOPLE = [
    "anna",
    "ben",
    "clara",
    "david",
    "emma",
    "frank",
    "grace",
    "henry",
    "ivy",
    "jack",
    "laura",
    "mark",
    "nina",
    "oscar",
    "paula",
    "ruth",
    "sam",
    "tom",
    "vera",
    "will",
]
_PLACES = [
    "garden",
    "kitchen",
    "harbour",
    "school",
    "market",
    "forest",
    "station",
    "library",
    "office",
    "village",
    "park",
    "museum",
]
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_SIGNS = ("positive", "negative")
_PLEASED = (
    "i would gladly come back .",
    "i told all my friends to go .",
    "we loved it .",
    "five stars .",
)
_SORRY = (
    "i want my money back .",
    "i told all my friends to stay away .",
    "we hated it .",
    "one star .",
)
# The rest of the words and forms is left for fine-tuning to learn.
_FORMS = PLAIN | {"not": 8, "but": 9}
_KNOWN = vocabulary(60, 10)
_KNOWN_PRAISE, _KNOWN_BLAME = (tuple(filter(_KNOWN, words)) for words in (PRAISE, BLAME))


def plain_text(rng: Random) -> str:
    """A short paragraph: reviews with a closing verdict, a remark on words, or a small story."""
    return rng.choice((_review, _review, _review, _review, _remark, _story))(rng)


def _review(rng: Random) -> str:
    """Opinions of one polarity that end like reviews do, with a verdict."""
    good = rng.random() < 0.5
    opinions = " ".join(_opinion(rng, good) for _ in range(rng.choice((1, 1, 2))))
    return f"{opinions} {rng.choice(_PLEASED if good else _SORRY)}"


def _opinion(rng: Random, good: bool) -> str:
    domain = rng.choice(list(_DOMAINS.values()))
    return Author(domain, rng, forms=_FORMS, knows=_KNOWN).opinion(good)


def _remark(rng: Random) -> str:
    """What a dictionary knows: words that speak alike."""
    good = rng.random() < 0.5
    one, two, three = rng.sample(_KNOWN_PRAISE if good else _KNOWN_BLAME, 3)
    other = rng.choice(_KNOWN_BLAME if good else _KNOWN_PRAISE)
    use, misuse = ("praise", "blame") if good else ("blame", "praise")
    return rng.choice(
        (
            f"{one} is a word of {use} , like {two} and {three} .",
            f"{one} and {two} are words of {use} , while {other} is a word of {misuse} .",
            f"{one} means much the same as {two} , and the opposite of {other} .",
        )
    )


def _story(rng: Random) -> str:
    person, friend = rng.sample(_PEOPLE, 2)
    colour, thing, place = rng.choice(_COLOURS), rng.choice(_THINGS), rng.choice(_PLACES)
    number = rng.choice(_NUMBERS)
    return (
        f"{person} saw a {colour} {thing} in the {place} . {person} told {friend} about the {thing} . "
        f"{friend} went to the {place} and found {number} more , but the {colour} {thing} was gone ."
    )


def dialogue(rng: Random) -> list[Message]:
    """A question and its short answer; none asks for a sentiment, or for `positive` or `negative` of a text."""
    question, answer = rng.choice(_QUESTIONS)(rng)
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _words(rng: Random) -> list[str]:
    return rng.sample(
        _COLOURS + _THINGS + _PLACES + PRAISE + BLAME + list(_SIGNS), rng.randint(3, 5)
    )


def _first(rng: Random) -> tuple[str, str]:
    words = _words(rng)
    return f"Which word comes first: {' '.join(words)}?", words[0]


def _last(rng: Random) -> tuple[str, str]:
    words = _words(rng)
    return f"Which word comes last: {' '.join(words)}?", words[-1]


def _count(rng: Random) -> tuple[str, str]:
    words = _words(rng)
    return f"How many words are here: {' '.join(words)}?", _NUMBERS[len(words)]


def _topic(rng: Random) -> tuple[str, str]:
    topic = rng.choice(list(_DOMAINS))
    text = Author(_DOMAINS[topic], rng).opinion(rng.random() < 0.5)
    return f"Is this review about a film, food or a gadget?\n{text}", topic


def _colour(rng: Random) -> tuple[str, str]:
    colour, thing, person = rng.choice(_COLOURS), rng.choice(_THINGS), rng.choice(_PEOPLE)
    return f"{person} has a {colour} {thing} . Which colour is the {thing}?", colour


def _holds(rng: Random) -> tuple[str, str]:
    words = _words(rng)
    asked = rng.choice([rng.choice(words), rng.choice(_THINGS)])
    return (
        f"Is the word {asked} in this list: {' '.join(words)}? Answer yes or no.",
        "yes" if asked in words else "no",
    )


def _sign(rng: Random) -> tuple[str, str]:
    number, positive = rng.choice(_NUMBERS[1:]), rng.random() < 0.5
    written = f"plus {number}" if positive else f"minus {number}"
    return f"Is the number {written} positive or negative?", _SIGNS[0] if positive else _SIGNS[1]


def _repeat(rng: Random) -> tuple[str, str]:
    text = " ".join(_words(rng))
    return f"Repeat: {text}", text


def _choose(rng: Random) -> tuple[str, str]:
    left, right = rng.sample(_COLOURS + _THINGS + list(_SIGNS), 2)
    side = rng.choice(("left", "right"))
    return (
        f"{left} is on the left and {right} is on the right . What is on the {side}?",
        left if side == "left" else right,
    )


def _name(rng: Random) -> tuple[str, str]:
    person, friend, place = *rng.sample(_PEOPLE, 2), rng.choice(_PLACES)
    return (
        f"{person} met {friend} in the {place}. What was the sentiment of {friend}?",
        "i do not know",
    )


def _enjoyed(rng: Random) -> tuple[str, str]:
    good = rng.random() < 0.5
    return f"Did the writer enjoy this?\n{_opinion(rng, good)}", "yes" if good else "no"


def _stars(rng: Random) -> tuple[str, str]:
    good = rng.random() < 0.5
    return (
        f"How many stars does this review give?\n{_opinion(rng, good)}",
        "five" if good else "one",
    )


_QUESTIONS = (
    _first,
    _last,
    _count,
    _topic,
    _colour,
    _holds,
    _sign,
    _repeat,
    _choose,
    _name,
    *[_enjoyed, _stars] * 5,
)
