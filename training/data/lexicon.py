"""Words that speak well or ill of things, by domain, for text that the project writes itself."""

from dataclasses import dataclass

PRAISE = [
    "warm",
    "funny",
    "clever",
    "moving",
    "gripping",
    "charming",
    "graceful",
    "inventive",
    "tender",
    "witty",
    "honest",
    "lively",
    "delightful",
    "superb",
    "splendid",
    "radiant",
    "assured",
    "nimble",
    "heartfelt",
    "stirring",
    "joyful",
    "elegant",
    "thrilling",
    "memorable",
    "rewarding",
    "touching",
    "sharp",
    "exquisite",
    "captivating",
    "enchanting",
    "brisk",
    "luminous",
    "uplifting",
    "soulful",
    "dazzling",
    "poignant",
    "refreshing",
    "exhilarating",
    "masterful",
    "sublime",
    "endearing",
    "riveting",
    "buoyant",
    "spirited",
    "disarming",
    "ingenious",
    "breathtaking",
    "wise",
    "polished",
    "beguiling",
    "enjoyable",
    "haunting",
    "absorbing",
    "magnetic",
    "generous",
    "vibrant",
    "satisfying",
    "fearless",
    "triumphant",
    "lovely",
    "tasteful",
    "bold",
    "fresh",
    "perceptive",
    "gorgeous",
    "terrific",
    "remarkable",
    "stylish",
    "sincere",
    "playful",
]
BLAME = [
    "dull",
    "clumsy",
    "tedious",
    "lifeless",
    "shallow",
    "stale",
    "bland",
    "tiresome",
    "sloppy",
    "hollow",
    "dreary",
    "awkward",
    "pointless",
    "boring",
    "awful",
    "dismal",
    "joyless",
    "plodding",
    "leaden",
    "contrived",
    "listless",
    "stilted",
    "vapid",
    "grating",
    "muddled",
    "forgettable",
    "insipid",
    "laboured",
    "drab",
    "turgid",
    "inert",
    "smug",
    "cynical",
    "charmless",
    "feeble",
    "soggy",
    "wooden",
    "ponderous",
    "incoherent",
    "garbled",
    "murky",
    "strained",
    "witless",
    "tacky",
    "shoddy",
    "limp",
    "dire",
    "aimless",
    "trite",
    "cheap",
    "numbing",
    "repetitive",
    "unfunny",
    "annoying",
    "derivative",
    "overlong",
    "pretentious",
    "crude",
    "frustrating",
    "flimsy",
    "preachy",
    "disjointed",
    "monotonous",
    "humourless",
    "sluggish",
    "atrocious",
    "mediocre",
    "pathetic",
    "lazy",
    "gloomy",
]
JOYS = [
    "triumph",
    "delight",
    "gem",
    "treat",
    "joy",
    "marvel",
    "pleasure",
    "wonder",
    "winner",
    "masterpiece",
    "charmer",
    "knockout",
    "revelation",
    "blessing",
    "feast",
    "tonic",
    "achievement",
    "surprise",
]
WOES = [
    "mess",
    "chore",
    "bore",
    "letdown",
    "disaster",
    "slog",
    "misfire",
    "flop",
    "dud",
    "failure",
    "bungle",
    "nuisance",
    "wreck",
    "ordeal",
    "blunder",
    "embarrassment",
    "travesty",
    "waste",
]


@dataclass(frozen=True)
class Domain:
    """What one kind of text talks about, and what it says beyond plain adjectives."""

    things: tuple[str, ...]
    wholes: tuple[str, ...]
    asides: tuple[str, ...]
    praise: tuple[str, ...]
    blame: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


FILM = Domain(
    things=_split(
        "the story|the plot|the script|the acting|the direction|the dialogue|the pacing|the ending|the score|"
        "the camera work|the lead performance|the romance|the humour|the first half|the final act|the supporting cast|"
        "every scene|the voice work|the premise|the editing|the villain|the chemistry between the leads"
    ),
    wholes=_split(
        "film|movie|comedy|drama|thriller|picture|sequel|documentary|debut|romance|adventure|satire"
    ),
    asides=_split(
        "from start to finish|by the second reel|for two hours|in its quiet way|as the credits roll|at every turn|"
        "on the big screen|for all ages|in the middle stretch|this time around|under a first-time director"
    ),
    praise=_split(
        "won me over|kept me smiling|lands nearly every joke|finds real feeling|earns its tears|never loses its grip|"
        "left me grinning|sparkles with life|rises above its genre|deserves a wide audience|stays with you for days|"
        "hits all the right notes|gets better with each scene|makes you care"
    ),
    blame=_split(
        "wore me out|falls flat|runs out of ideas|left me cold|goes nowhere|wastes a good cast|collapses under its weight|"
        "misses every mark|drags on and on|put me to sleep|insults its audience|tests your patience|sinks like a stone|"
        "made me check my watch"
    ),
)
TABLE = Domain(
    things=_split(
        "the soup|the waiter|the bread|the terrace|the menu|the coffee|the service|the kitchen|the dessert|the wine list|"
        "the curry|the tasting menu|the lunch deal|the pasta|the bill|the dining room"
    ),
    wholes=_split("restaurant|cafe|bistro|bakery|meal|dinner|brunch|diner|kitchen|bar"),
    asides=_split(
        "on a busy night|for the price|near the station|with the whole family|after a long wait|on our second visit|"
        "at the corner table|during lunch"
    ),
    praise=_split(
        "came out piping hot|won me over|melts in the mouth|was worth the wait|left me grinning|deserves a wide audience|"
        "tastes like home|hits all the right notes"
    ),
    blame=_split(
        "arrived cold|left me cold|tasted of nothing|made us wait an hour|falls flat|gave me a stomach ache|"
        "misses every mark|tests your patience"
    ),
)
GADGET = Domain(
    things=_split(
        "the battery|the screen|the keyboard|the strap|the charger|the speaker|the manual|the case|the button|the app|"
        "the sound|the finish|the lens|the hinge"
    ),
    wholes=_split("phone|lamp|kettle|camera|headset|tablet|watch|toaster|radio|printer"),
    asides=_split(
        "out of the box|after a month|on the train|for daily use|in the cold|at this price|straight away"
    ),
    praise=_split(
        "works like a charm|lasts all day|feels solid in the hand|was worth the wait|gets better with each update|"
        "makes life easier"
    ),
    blame=_split(
        "broke within a week|stopped charging|scratches at once|runs out of power by noon|falls apart|"
        "tests your patience|overheats"
    ),
)
