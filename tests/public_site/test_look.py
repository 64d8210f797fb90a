"""The look's promises: budgets, strict CSP in every template, forms that name errors, static error pages."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings as django_settings
from django.db import OperationalError
from django.template import Context, Template
from django.test import Client, RequestFactory

from core.doors import clock
from public_site.forms.base import SiteForm
from public_site.prose import parse, parse_inline
from public_site.templatetags.site import filesize_id
from public_site.views import errors

SITE = Path(django_settings.BASE_DIR) / "public_site"
STATIC = SITE / "static" / "public_site"
#: Pages for a browser; a template with @page is drawn on paper by WeasyPrint, where our CSP does not reach.
TEMPLATES = [
    path
    for path in sorted((SITE / "templates").rglob("*.html"))
    if "@page" not in path.read_text(encoding="utf-8")
]


class LetterForm(SiteForm):
    fieldsets = (("Surat", ["subject", "letter", "many"]),)
    subject = forms.CharField(label="Perihal", help_text="Sesuai <surat>")
    letter = forms.FileField(label="Surat Permohonan Resmi", help_text="hanya PDF (Maksimal 2 MB)")
    many = forms.ChoiceField(label="Layanan", choices=[("y", "YA"), ("n", "TIDAK")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Saya menyatakan data benar")
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def test_style_sheet_stays_within_its_budget():
    assert (STATIC / "site.css").stat().st_size <= 16 * 1024


@pytest.mark.parametrize("module", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_script_modules_stay_small_and_evaluate_nothing(module: Path):
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert not re.search(r"\beval\(|new Function|innerHTML|\.style\b|setTimeout\(['\"`]", text)


def test_all_scripts_together_stay_within_budget():
    assert sum(path.stat().st_size for path in (STATIC / "js").glob("*.js")) <= 12 * 1024


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_nothing_inline(template: Path):
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), "inline style or handler"
    assert "|safe" not in text


def test_style_sheet_loads_nothing_from_elsewhere():
    text = (STATIC / "site.css").read_text(encoding="utf-8")
    assert "@import" not in text
    assert "url(" not in text


def test_form_ties_hint_and_error_to_the_field():
    page = str(LetterForm({"key": "a"}, {}))
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in page
    assert 'id="id_subject_helptext">Sesuai &lt;surat&gt;<' in page
    assert 'aria-invalid="true"' in page
    assert re.search(r'id="id_subject_error"><span class="vh">Kesalahan: </span>Isi Perihal<', page)
    assert not re.search(r"<input[^>]*\srequired[\s>]", page)


def test_form_summary_counts_and_links_every_error():
    page = str(LetterForm({"key": "a"}, {}))
    assert "Ada 4 isian yang perlu diperbaiki" in page
    for anchor, message in [
        ("id_subject", "Isi Perihal"),
        ("id_letter", "Unggah Surat Permohonan Resmi"),
        ("id_many_0", "Pilih Layanan"),
        ("id_sure", "Centang “Saya menyatakan data benar”"),
    ]:
        assert f'<a href="#{anchor}">{message}</a>' in page
        assert f'id="{anchor}"' in page


def test_form_keeps_what_was_typed_and_is_silent_when_new():
    assert 'value="PERMOHONAN DATA"' in str(LetterForm({"subject": "PERMOHONAN DATA"}))
    assert "ringkasan" not in str(LetterForm())


def test_radio_choices_share_one_described_fieldset():
    page = str(LetterForm({}, {}))
    assert '<fieldset aria-describedby="id_many_error">' in page
    assert page.count('type="radio"') == 2


def test_form_wording_of_its_own_wins():
    class Own(SiteForm):
        number = forms.CharField(label="No Permohonan", error_messages={"required": "Isi nomor dahulu"})

    assert Own({}).errors["number"] == ["Isi nomor dahulu"]


def test_title_is_prefixed_while_there_are_errors(rf: RequestFactory, db):
    template = Template('{% extends "public_site/base.html" %}{% block title %}Permohonan Data{% endblock %}')
    page = template.render(Context({"request": rf.get("/"), "form": LetterForm({}, {})}))
    assert "<title>Kesalahan: Permohonan Data – Layanan Data Keimigrasian</title>" in page


ERRORS = [
    (errors.bad_request, 400, "Permintaan tidak dapat dibaca."),
    (errors.permission_denied, 403, "Anda tidak memiliki akses ke halaman ini."),
    (lambda r: errors.csrf_failure(r, "reason"), 403, "Halaman ini sudah terlalu lama terbuka."),
    (errors.not_found, 404, "Halaman tidak ditemukan."),
    (errors.payload_too_large, 413, "Berkas terlalu besar."),
    (errors.too_many, 429, "Terlalu banyak permintaan."),
    (errors.server_error, 500, "Terjadi masalah pada layanan kami."),
    (errors.unavailable, 503, "Layanan belum dapat diakses."),
]


@pytest.mark.parametrize(
    ("view", "status", "heading"), ERRORS, ids=[str(row[1]) + row[2][:9] for row in ERRORS]
)
def test_error_page_needs_no_database_and_carries_a_code(rf: RequestFactory, view, status, heading):
    request = rf.get("/")
    request.request_id = "K-7F3A9C"
    response = view(request)  # no django_db mark: any query fails the test
    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert "K-7F3A9C" in page
    assert "Butuh bantuan?" in page
    assert ">Beranda</a>" in page
    assert "no-store" in response["Cache-Control"]


def test_throttled_page_tells_the_time(rf: RequestFactory):
    until = clock.now() + timedelta(minutes=10)
    response = errors.too_many(rf.get("/"), until)
    assert f"Coba lagi pukul {clock.time_wib(until)}." in response.content.decode()
    assert 590 <= int(response["Retry-After"]) <= 600


def test_lost_database_is_a_503(rf: RequestFactory):
    try:
        raise OperationalError("gone")
    except OperationalError:
        assert errors.server_error(rf.get("/")).status_code == 503


def test_missing_token_shows_our_page():
    response = Client(enforce_csrf_checks=True).post("/bahasa/setlang/", {"language": "en"})
    assert response.status_code == 403
    assert "Halaman ini sudah terlalu lama terbuka." in response.content.decode()


def test_unknown_address_shows_our_page(client: Client, db):
    response = client.get("/tidak-ada/")
    assert response.status_code == 404
    assert "Halaman tidak ditemukan." in response.content.decode()


def test_prose_reads_paragraphs_lists_and_headings():
    blocks = parse("## Judul\nsatu\ndua\n\n- a\n- b\n\n1. x\n2. y")
    assert [block.kind for block in blocks] == ["h2", "p", "ul", "ol"]
    assert [len(block.lines) for block in blocks] == [1, 2, 2, 2]


def test_prose_links_only_where_it_is_safe():
    good, _gap, bad = parse_inline("[a](https://x.id) [b](javascript:alert(1)")
    assert good.url == "https://x.id"
    assert not bad.url


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 kB"), (400, "1 kB"), (412_000, "412 kB"), (1_200_000, "1,2 MB"), (2_000_000, "2,0 MB")],
)
def test_sizes_are_written_the_indonesian_way(size, words):
    assert filesize_id(size) == words
