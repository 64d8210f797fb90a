"""Normalised forms of names for matching (domain.md §3.1): the exact key and the sound key."""

import re
import unicodedata
from functools import lru_cache

_TITLES = frozenset(
    {
        "H",
        "HJ",
        "DR",
        "DRA",
        "DRS",
        "IR",
        "PROF",
        "KH",
        "RADEN",
        "RD",
        "SH",
        "SE",
        "MSI",
        "MM",
        "MH",
        "SPD",
        "SKOM",
        "ST",
    }
)
_LINKS = frozenset({"BIN", "BINTI", "AL", "AP"})
_LEFT_OUT = _TITLES | _LINKS
#: What the many spellings of this name become where it comes first.
MUHAMMAD = "MUHAMMAD"
_MUHAMMAD = frozenset(
    {
        MUHAMMAD,
        "MUHAMAD",
        "MOHAMMAD",
        "MOHAMAD",
        "MOCHAMMAD",
        "MOCHAMAD",
        "MUCHAMAD",
        "MOCH",
        "MOH",
        "MUH",
        "MUHD",
        "MOHD",
    }
)
_PLAIN_WORDS = re.compile("[A-Z ]*")
_DOTTED_TITLE = re.compile(r"\b([A-Z])\.(?=[A-Z]\b)", re.ASCII)
_APOSTROPHES = re.compile(r"['’`]")
_NO_WORD = re.compile(r"[^\w]+")
_DOUBLED = re.compile(r"(.)\1+")
_OLD_SPELLING = (
    ("OE", "U"),
    ("DJ", "J"),
    ("TJ", "C"),
    ("SJ", "SY"),
    ("NJ", "NY"),
    ("CH", "H"),
    ("KH", "H"),
    ("PH", "P"),
    ("F", "P"),
    ("V", "P"),
    ("DH", "D"),
    ("TH", "T"),
    ("Z", "S"),
    ("Q", "K"),
    ("X", "KS"),
    ("Y", "I"),
)


def name_key(name: str) -> str:
    """``name`` in upper case without marks, titles and bin/binti, words in written order.

    Single-word names are normal; a name of nothing but titles keeps its words.
    """
    text = name
    if not text.isascii():
        text = unicodedata.normalize("NFKD", name)
        text = "".join(character for character in text if not unicodedata.combining(character))
    text = text.upper()
    # Most names are plain words, and a load has a hundred thousand of them.
    words = text.split() if _PLAIN_WORDS.fullmatch(text) else _words(text)
    if not _LEFT_OUT.isdisjoint(words):
        words = [word for word in words if word not in _LEFT_OUT] or words
    if len(words) > 1 and (words[0] in _MUHAMMAD or words[0] == "M"):
        words[0] = MUHAMMAD
    return " ".join(words)


def _words(text: str) -> list[str]:
    text = _DOTTED_TITLE.sub(r"\1", text)
    text = _APOSTROPHES.sub("", text)
    return [word for word in _NO_WORD.split(text) if word]


def sound_key(name: str) -> str:
    """The words of ``name_key`` folded by sound and old spelling, sorted: equal for usual spellings."""
    return sound_of_key(name_key(name))


def sound_of_key(key: str) -> str:
    """The sound key that belongs to a ``name_key``."""
    return " ".join(sorted(map(sound_of_word, key.split())))


@lru_cache(maxsize=50_000)
def sound_of_word(word: str) -> str:
    """One word of a ``name_key`` folded by sound and old spelling."""
    # Names share their words: a load asks for the same ones again and again.
    for old, new in _OLD_SPELLING:
        word = word.replace(old, new)
    return _DOUBLED.sub(r"\1", word)
