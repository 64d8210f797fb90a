"""What nobody sees in a text is no part of it: signs that come along when something is pasted."""

import pytest

from core.plain_text import visible_text


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        ("John Doe", "John Doe"),
        ("John\u200b Doe\ufeff", "John Doe"),
        ("\u200e31-12-2000\u200f", "31-12-2000"),
        ("BADAN \u202eLANOISAN TI", "BADAN LANOISAN TI"),
        ("pem\u00adohon", "pemohon"),
        ("\u200b\u2060\u3164\u2800", ""),
        ("Jose\u0301", "José"),
        ("li\u200dna", "lina"),
        # Persian and Marathi names are written with joiners.
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200cعلی", "علی"),
        # For the caller to judge.
        ("a\nb\tc\x07", "a\nb\tc\x07"),
        ("王小明 \U00020bb7", "王小明 \U00020bb7"),
    ],
)
def test_only_what_is_seen_stays(pasted: str, seen: str) -> None:
    assert visible_text(pasted) == seen
    assert visible_text(seen) == seen
