"""What people see of a text they typed or pasted: signs without a shape of their own are taken out."""

import unicodedata

#: Letters by their category, and yet blank: fillers of Korean, an empty Braille cell, a joiner of accents.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
#: They shape the letters of Arabic and of the scripts of India, where a name needs them.
_JOINERS = frozenset("\u200c\u200d")
#: The first of the scripts that know joiners (Arabic).
_JOINED_SCRIPTS = "\u0600"


def visible_text(text: str) -> str:
    """``text`` composed (NFC) and without signs nobody sees: zero-width spaces, direction marks, fillers.

    They come along with a copy from Word, Excel or a web page, make equal entries unequal, let an empty field
    look filled, and turn round what stands behind them. Line breaks, tabs and other control characters stay for
    the caller to judge. Joiners stay after a letter of a script that is written with them.
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    kept: list[str] = []
    for sign in composed:
        if sign in _JOINERS:
            if kept and kept[-1] >= _JOINED_SCRIPTS and kept[-1] not in _JOINERS:
                kept.append(sign)
        elif sign not in _BLANK and unicodedata.category(sign) not in ("Cf", "Cs", "Co", "Cn"):
            kept.append(sign)
    return "".join(kept)
