"""Normalised names: one key for the usual ways to write one name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.holdings.names import name_key, sound_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("H. Moh. Rizki Pratama, S.H.", "MUHAMMAD RIZKI PRATAMA"),
        ("M. Rizki", "MUHAMMAD RIZKI"),
        ("Ahmad bin Abdullah", "AHMAD ABDULLAH"),
        ("Siti binti Umar", "SITI UMAR"),
        ("D'Angelo  José", "DANGELO JOSE"),
        ("Sukarni", "SUKARNI"),
        ("Drs.", "DRS"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_name_key_folds_titles_and_marks(written, key):
    assert name_key(written) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Soekarno", "Sukarno"),
        ("Djoko Tjandra", "Joko Candra"),
        ("Muhammad Rizki", "Mochamad Rizky"),
        ("Yusuf Ali", "Ali Yusup"),
        ("Fitri Nur", "Nur Pitri"),
    ],
)
def test_sound_key_is_equal_for_usual_spellings(one, other):
    assert sound_key(one) == sound_key(other)


@pytest.mark.parametrize(("one", "other"), [("Budi Santoso", "Budi Susanto"), ("Dewi", "Dewa")])
def test_sound_key_keeps_different_names_apart(one, other):
    assert sound_key(one) != sound_key(other)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_keys_never_fail_and_name_key_is_stable(text):
    key = name_key(text)
    assert key == name_key(text.strip()) == name_key(key) == key.strip()
    assert "  " not in key
    assert len(sound_key(text).split()) <= len(key.split())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["AGUS", "RIZKI", "SARI", "WIBOWO", "LIANG"]), min_size=1, max_size=4))
def test_sound_key_does_not_depend_on_word_order(words):
    assert sound_key(" ".join(words)) == sound_key(" ".join(reversed(words)))
