"""Normalised forms of names for matching (domain.md §3.1): the exact key and the sound key."""

import re
import unicodedata

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
_MUHAMMAD = frozenset(
    {
        "MUHAMMAD",
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
_DOTTED_TITLE = re.compile(r"\b([A-Z])\.(?=[A-Z]\b)", re.ASCII)
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
    text = unicodedata.normalize("NFKD", name)
    text = "".join(character for character in text if not unicodedata.combining(character)).upper()
    text = _DOTTED_TITLE.sub(r"\1", text)
    text = re.sub(r"['’`]", "", text)
    words = [word for word in re.split(r"[^\w]+", text) if word]
    kept = [word for word in words if word not in _TITLES and word not in _LINKS] or words
    if len(kept) > 1 and (kept[0] in _MUHAMMAD or kept[0] == "M"):
        kept[0] = "MUHAMMAD"
    return " ".join(kept)


def sound_key(name: str) -> str:
    """The words of ``name_key`` folded by sound and old spelling, sorted: equal for usual spellings."""
    words = []
    for word in name_key(name).split():
        for old, new in _OLD_SPELLING:
            word = word.replace(old, new)
        words.append(re.sub(r"(.)\1+", r"\1", word))
    return " ".join(sorted(words))
