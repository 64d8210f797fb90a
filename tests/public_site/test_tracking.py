"""Lacak: coarse status without sign-in, forgiving look-up, exact errors, throttled guessing."""

from django.test import Client

from tests.public_site.request_steps import address, sent_request


def number_of(siti, sign_in) -> str:
    return sent_request(sign_in(Client(), siti)).number or ""


def test_tracking_shows_the_coarse_status_only(client, siti, agreement, sign_in, page_text) -> None:
    number = number_of(siti, sign_in)
    answer = client.get(address("track"), {"no": number})
    page = page_text(answer)
    for text in (
        number,
        "BARU",
        "Tgl Permohonan",
        "Diverifikasi",
        "Selesai",
        "demi pelindungan data pribadi",
    ):
        assert text in page
    for text in ("BADAN IT", "PERMOHONAN DATA", "John Doe", "Siti", "1234/11"):
        assert text not in page
    assert "?next=%2Fpermohonan%2F" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_tracking_forgives_spaces_case_and_dashes(client, siti, agreement, sign_in, page_text) -> None:
    number = number_of(siti, sign_in)
    typed = f" \u200b{number[:4].lower()}-{number[4:7]} {number[7:]}\ufeff "
    assert "BARU" in page_text(client.get(address("track"), {"no": typed}))


def test_tracking_says_what_is_wrong(client, db, page_text) -> None:
    for typed, message in (
        ("", "Isi No Permohonan"),
        ("XF1TBZNL8", "No Permohonan terdiri dari 10 huruf dan angka. Anda menulis 9"),
        ("XF1TBZNL8C", "No Permohonan XF1TBZNL8C tidak ditemukan. Salin kembali dari email konfirmasi"),
        ("<script>al", "No Permohonan hanya terdiri dari huruf dan angka."),
        ("X" * 5000, "Anda menulis 5000"),
        ("A\x00B", "No Permohonan"),
    ):
        answer = client.get(address("track"), {"no": typed})
        assert answer.status_code == 422, typed
        assert message in page_text(answer)
        assert "<script>al" not in answer.content.decode()


def test_tracking_slows_down_guessing_but_not_hits(client, siti, agreement, sign_in, settings) -> None:
    settings.TRACK_MISSES = 3
    number = number_of(siti, sign_in)
    for _attempt in range(6):
        assert client.get(address("track"), {"no": number}).status_code == 200
    for _attempt in range(3):
        assert client.get(address("track"), {"no": "AAAAAAAAAA"}).status_code == 422
    blocked = client.get(address("track"), {"no": number})
    assert blocked.status_code == 429
    assert int(blocked["Retry-After"]) > 0
    assert client.get(address("track")).status_code == 200


def test_tracking_page_carries_nothing_of_the_number_elsewhere(client, db) -> None:
    assert client.get(address("track")).headers["Referrer-Policy"] in (
        "no-referrer",
        "same-origin",
        "strict-origin",
    )
