"""Lacak: coarse status without sign-in, forgiving look-up, exact errors, throttled guessing."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Limit
from public_site.forms.tracking import TrackForm
from requests_app import references
from requests_app.models import DataRequest
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


def test_page_draws_the_field_as_the_form_would(client, siti, agreement, sign_in) -> None:
    number = number_of(siti, sign_in)

    def squeezed(text: str) -> str:
        return re.sub(r"\s+", "", text)

    for values in (None, {"no": number}):
        form = TrackForm(values)
        form.is_valid()
        page = client.get(address("track"), values).content.decode()
        assert squeezed(str(form["no"].as_field_group())) in squeezed(page)


def test_tracking_reads_what_the_request_holds(
    client, siti, agreement, sign_in, django_assert_num_queries
) -> None:
    stored = DataRequest.objects.get(number=number_of(siti, sign_in))
    with django_assert_num_queries(1):
        found = references.track(f" {stored.number}".lower())
        assert found is not None
        assert (found.request, found.request.status) == (stored, stored.status)
        assert found.request.submitted_at == stored.submitted_at
        events = [(event.pk, event.target, event.at) for event in found.events]
    assert events == [(event.pk, event.target, event.at) for event in stored.events.exclude(target="")]
    assert found.content_version
    assert found.request.letter_number == stored.letter_number


def test_tracking_prefers_the_exact_number_to_a_look_alike(siti, agreement, sign_in) -> None:
    first = DataRequest.objects.get(number=number_of(siti, sign_in))
    DataRequest.objects.filter(pk=first.pk).update(number="SSSSSAAAAA")
    found = references.track("55SSSAAAAA")
    assert found is not None
    assert found.request.pk == first.pk
    second = DataRequest.objects.get(number=number_of(siti, sign_in))
    DataRequest.objects.filter(pk=second.pk).update(number="55SSSAAAAA")
    found = references.track("55SSSAAAAA")
    assert found is not None
    assert found.request.pk == second.pk
    assert {event.request_id for event in found.events} == {second.pk}
    assert references.track("AAAAAAAAAA") is None


def test_guessing_may_go_on_when_the_window_has_ended(client, siti, agreement, sign_in, settings) -> None:
    settings.TRACK_MISSES = 1
    number = number_of(siti, sign_in)
    client.get(address("track"), {"no": "AAAAAAAAAA"})
    assert client.get(address("track"), {"no": number}).status_code == 429
    limit = Limit.objects.get(key__startswith="track:")
    blocked = client.get(address("track"), {"no": number})
    assert 0 < int(blocked["Retry-After"]) <= settings.TRACK_MISSES_WINDOW.total_seconds()
    limit.window_ends_at = timezone.now() - timedelta(seconds=1)
    limit.save()
    assert client.get(address("track"), {"no": number}).status_code == 200
    assert reverse("public_site:sign_in") in client.get(address("track"), {"no": number}).content.decode()
