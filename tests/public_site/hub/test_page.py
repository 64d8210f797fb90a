"""The offices' pages as visitors get them: the manual's buttons, light, without cookies, in two languages, on paper."""

import io
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pypdf import PdfReader

from public_site.hub import guides, qr
from public_site.hub.loading import load_hub
from public_site.hub.models import Hub, HubLink, Sop, SopStep
from public_site.models import Guide
from tests.browser import CHROMIUM, chromium

MANUAL_BUTTONS = ["Antrian Paspor", "CEK ALUR PASPOR", "Pembuatan Paspor", "Izin Tinggal / Stay Permit"]

pytestmark = pytest.mark.django_db


def decoded(png: bytes) -> str:
    """What a phone reads from the picture."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return cv2.QRCodeDetector().detectAndDecode(picture)[0]


def test_page_shows_the_manuals_red_buttons_in_its_order(client: Client, hub):
    for address in ("/info/", "/info/yogyakarta/"):
        page = client.get(address).content.decode()
        labels = re.findall(r'class="red".*?<b>(.*?)</b>', page, re.DOTALL)
        assert labels == MANUAL_BUTTONS
        assert 'href="https://wa.me/6281214157060?text=MENU"' in page
        assert "Kantor Imigrasi Kelas\N{NO-BREAK SPACE}I\N{NO-BREAK SPACE}TPI Yogyakarta" in page


def test_page_shows_social_media_hours_map_and_phone(client: Client, hub):
    page = client.get("/info/").content.decode()
    for part in (
        "instagram.com",
        "08.00–16.00 WIB",
        "openstreetmap.org",
        'href="tel:+62274484370"',
        "Sleman",
    ):
        assert part in page


def test_page_weighs_less_than_twenty_kilobytes_with_its_one_style_sheet(client: Client, hub):
    page = client.get("/info/").content
    sheets = re.findall(rb'<link rel="stylesheet" href="/static/([^"]+)"', page)
    icons = re.findall(rb'<link rel="icon"[^>]* href="/static/([^"]+)"', page)
    assert len(sheets) == 1
    weight = len(page) + sum(Path(finders.find(name.decode())).stat().st_size for name in sheets + icons)
    assert weight < 20_000
    assert b"<script" not in page
    assert b"style=" not in page
    assert not re.search(rb"\son\w+=", page)


def test_page_is_the_same_for_everybody_and_may_be_kept_ten_minutes(client: Client, hub):
    for path in (
        "/info/",
        "/info/yogyakarta/en/",
        "/info/yogyakarta/sop/",
        "/info/qr/",
        "/info/yogyakarta/qr.svg",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert not response.cookies, path
        assert "Cookie" not in response.headers.get("Vary", ""), path
        assert response["Cache-Control"] == "public, max-age=600", path


@pytest.mark.parametrize("path", ["", "en/", "yogyakarta/", "yogyakarta/sop/", "yogyakarta/qr/", "kantor/"])
def test_language_cookie_does_not_change_the_page(client: Client, hub, path):
    # A month that is called otherwise in English.
    Hub.objects.update(updated_at=datetime(2026, 12, 31, 18, tzinfo=UTC))
    plain = client.get(f"/info/{path}")
    assert plain.status_code == 200
    client.cookies["bahasa"] = "en"
    assert client.get(f"/info/{path}").content == plain.content


def test_signed_in_people_keep_nothing_of_it(client: Client, hub, siti, sign_in):
    response = sign_in(client, siti).get("/info/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/info/en/", "/info/yogyakarta/en/", "/info/yogyakarta/?bahasa=en"])
def test_english_is_chosen_by_the_address(client: Client, hub, path):
    response = client.get(path)
    page = response.content.decode()
    assert response["Content-Language"] == "en"
    assert '<html lang="en">' in page
    assert "Yogyakarta Immigration Office" in page
    assert "Monday–Friday" in page
    assert "CHECK PASSPORT PROGRESS" in page
    for english, indonesian in (
        ("passport-queue", "antrian-paspor"),
        ("passport-application", "pembuatan-paspor"),
        ("stay-permit", "izin-tinggal"),
    ):
        assert page.index(f"/panduan/{english}/") < page.index(f"/panduan/{indonesian}/")
        assert re.search(rf'class="red" href="[^"]*/panduan/{english}/"', page)
    assert "Office and service hours" in page
    for indonesian in ("Media sosial", "Jam layanan", "Lihat peta", "Butuh bantuan", "Panduan PDF"):
        assert indonesian not in page


def test_stay_permit_button_offers_both_languages(client: Client, hub):
    page = client.get("/info/").content.decode()
    assert page.index("/panduan/izin-tinggal/") < page.index("/panduan/stay-permit/")
    assert re.search(r'href="/info/yogyakarta/panduan/stay-permit/"[^>]* lang="en"', page)


def test_guide_button_tells_size_version_and_date(client: Client, hub):
    page = client.get("/info/").content.decode()
    assert re.search(r"Panduan PDF, \d+ kB · versi 1\.0, \d\d\s\w{3}\s20\d\d", page)


def test_missing_guide_is_said_with_whom_to_ask(client: Client, hub):
    guide = Guide.objects.get(slug="antrian-paspor")
    guide.file.storage.delete(guide.file.name)
    page = client.get("/info/").content.decode()
    assert "Panduan ini sedang diperbarui." in page
    assert "Sementara itu hubungi" in page
    assert client.get("/info/yogyakarta/panduan/antrian-paspor/").status_code == 404


def test_without_any_page_the_default_address_still_helps(client: Client, base_data):
    page = client.get("/info/").content.decode()
    assert "CEK ALUR PASPOR" in page
    assert "Butuh bantuan?" in page
    assert client.get("/info/yogyakarta/").status_code == 404


def test_unpublished_pages_and_buttons_are_not_shown(client: Client, hub):
    HubLink.objects.filter(label="Antrian Paspor").update(is_published=False)
    assert "<b>Antrian Paspor</b>" not in client.get("/info/").content.decode()
    Hub.objects.update(is_published=False)
    for path in ("/info/yogyakarta/", "/info/yogyakarta/qr.svg", "/info/yogyakarta/panduan/izin-tinggal/"):
        assert client.get(path).status_code == 404


def test_editors_text_cannot_bring_html(client: Client, hub):
    Hub.objects.update(notice="<script>alert(1)</script>", address="<b>x</b>")
    HubLink.objects.filter(label="Antrian Paspor").update(label="<img src=x>")
    page = client.get("/info/").content.decode()
    assert "<script>" not in page
    assert "<img src=x" not in page


def test_another_office_has_its_own_page_and_number(client: Client, hub):
    other = Hub.objects.create(
        slug="cilacap",
        name="Kantor Imigrasi Cilacap",
        address="Cilacap",
        hours="Senin",
        whatsapp="628111222333",
    )
    HubLink.objects.create(hub=other, kind="whatsapp", label="CEK ALUR PASPOR")
    page = client.get("/info/cilacap/").content.decode()
    assert "https://wa.me/628111222333?text=MENU" in page
    assert 'href="/info/cilacap/"' in client.get("/info/kantor/").content.decode()
    english = client.get("/info/cilacap/en/").content.decode()
    assert 'href="/info/kantor/?bahasa=en" hreflang="en"' in english
    offices = client.get("/info/kantor/?bahasa=en").content.decode()
    for part in (
        'lang="en"',
        'href="/info/yogyakarta/en/"',
        "Yogyakarta Immigration Office",
        'href="/info/en/"',
    ):
        assert part in offices, part


def test_office_is_found_however_its_address_is_typed(client: Client, hub):
    assert client.get("/info/Yogyakarta/").status_code == 200
    assert client.get("/info/yogya/").status_code == 404


def test_guide_is_downloaded_under_a_readable_name_and_old_addresses_lead_to_it(client: Client, hub):
    response = client.get("/info/yogyakarta/panduan/izin-tinggal/")
    assert response["Content-Type"] == "application/pdf"
    assert "panduan-izin-tinggal-v1-0.pdf" in response["Content-Disposition"]
    assert b"".join(response.streaming_content).startswith(b"%PDF-")
    assert not response.cookies
    old = client.get("/info/yogyakarta/panduan/izin-tinggal/0.9/")
    assert old["Location"] == "/info/yogyakarta/panduan/izin-tinggal/"
    old = client.get("/info/yogyakarta/panduan/izin-tinggal/0.9/?s=a4")
    assert old["Location"] == "/info/yogyakarta/panduan/izin-tinggal/?s=a4"
    old = client.get("/info/yogyakarta/panduan/izin-tinggal/0.9/?s=https://jahat.example")
    assert old["Location"] == "/info/yogyakarta/panduan/izin-tinggal/"


def test_guides_hold_real_text_and_mark_what_is_not_confirmed(hub):
    for slug, word in (
        ("antrian-paspor", "M-Paspor"),
        ("pembuatan-paspor", "Rp650.000*"),
        ("izin-tinggal", "ITAS"),
        ("stay-permit", "Overstaying"),
        ("passport-queue", "IDR 350,000*"),
        ("passport-application", "Government Regulation No. 45 of 2024"),
    ):
        guide = Guide.objects.get(slug=slug)
        with guide.file.open("rb") as file:
            reader = PdfReader(io.BytesIO(file.read()))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        assert word in text
        assert ("Rp" in text) == (guide.language == "id")
        assert len(text) > 2500
        assert not re.search(r"\{[a-z0-9-]+\}", text)
        assert len(reader.pages) == 2


def test_foot_of_a_guide_prints_its_title_as_it_is_written(hub):
    guide = Guide.objects.get(slug="antrian-paspor")
    guide.title, guide.version = 'Panduan "Baru" & Lama', "2 <b>"
    text = PdfReader(io.BytesIO(guides.typeset(guide))).pages[1].extract_text()
    assert 'Panduan "Baru" & Lama · versi 2 <b>' in " ".join(text.split())


def test_sop_page_prints_the_seeds_words(client: Client, hub):
    page = client.get("/info/yogyakarta/sop/").content.decode()
    for part in (
        "W14.IMI.IMI.1.GR.07.02-0049",
        "05 April 2021",
        "Andry Indrady",
        "NIP. 198002292000021001",
        "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik;",
        "Memiliki kemampuan memastikan aplikasi dapat berjalan dengan baik.",
        "Apabila SOP tidak dilaksanakan maka proses pemberitahuan",
        "Pemohon menscan QR Code yang tersedia",
        "Disimpan sebagai data elektronik.",
    ):
        assert part in page, part
    assert page.count("<tr>") == 2 + SopStep.objects.count() == 5
    Sop.objects.update(is_published=False)
    assert client.get("/info/yogyakarta/sop/").status_code == 404


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium")
def test_pages_fit_a_narrow_phone_and_one_sheet_of_paper(client: Client, hub):
    addresses = ("/info/", "/info/en/", "/info/yogyakarta/sop/", "/info/qr/", "/info/kantor/")
    contents = {address: client.get(address).content.decode() for address in addresses}
    widths, sheets = {}, {}
    sheet = Path(finders.find("public_site/hub.css")).read_text(encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 320, "height": 640})
        for address, content in contents.items():
            page.set_content(content)
            page.add_style_tag(content=sheet)
            widths[address] = page.evaluate("document.documentElement.scrollWidth")
            if address in ("/info/", "/info/en/"):
                sheets[address] = len(PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
    assert set(widths.values()) == {320}, widths
    assert set(sheets.values()) == {1}, sheets


# --- QR and poster ----------------------------------------------------------------------------------


def test_png_is_read_back_as_the_marked_address(client: Client, hub):
    response = client.get("/info/yogyakarta/qr.png")
    assert response["Content-Type"] == "image/png"
    assert decoded(response.content) == "http://testserver/info/yogyakarta/?s=qr"


def test_svg_is_a_drawing_with_a_quiet_zone(client: Client, hub):
    response = client.get("/info/yogyakarta/qr.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.content
    assert b"Kantor Imigrasi Kelas I TPI Yogyakarta" in response.content


@pytest.mark.parametrize(("paper", "width"), [("a4", 210), ("a5", 148)])
def test_poster_is_one_sheet_that_a_phone_can_read(client: Client, hub, paper, width, tmp_path):
    response = client.get(f"/info/yogyakarta/poster-{paper}.pdf")
    reader = PdfReader(io.BytesIO(response.content))
    assert len(reader.pages) == 1
    assert round(float(reader.pages[0].mediabox.width) * 25.4 / 72) == width
    text = " ".join(reader.pages[0].extract_text().split())
    assert "Pindai untuk informasi layanan" in text
    assert "testserver/info/yogyakarta/" in text
    sheet = tmp_path / "poster.pdf"
    sheet.write_bytes(response.content)
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-singlefile", sheet, tmp_path / "poster"], check=True)
    assert decoded((tmp_path / "poster.png").read_bytes()) == f"http://testserver/info/yogyakarta/?s={paper}"


@pytest.mark.parametrize("paper", ["a4", "a5"])
def test_poster_stays_one_sheet_however_much_the_office_offers(hub, paper, tmp_path):
    hub.name = "Kantor Imigrasi Kelas I Khusus Non TPI Jakarta Selatan, Unit Layanan Paspor"
    hub.hours = "Senin–Kamis 08.00–16.00 WIB\nJumat 08.00–16.30 WIB\nSabtu 08.00–12.00 WIB"
    for number in range(6):
        label = f"Tombol {number} dengan tulisan yang agak panjang"
        HubLink.objects.create(hub=hub, kind="address", label=label, url="/x", order=20 + number)
    content = qr.poster(hub, paper)
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1
    text = " ".join(reader.pages[0].extract_text().split())
    assert "Antrian Paspor" in text
    assert text.count("Sabtu 08.00–12.00 WIB") == 1
    sheet = tmp_path / "poster.pdf"
    sheet.write_bytes(content)
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-singlefile", sheet, tmp_path / "poster"], check=True)
    assert decoded((tmp_path / "poster.png").read_bytes()) == f"http://testserver/info/yogyakarta/?s={paper}"


def test_poster_is_drawn_once_and_again_when_something_on_it_changed(hub):
    first = qr.poster(hub, "a5")
    assert qr.poster(hub, "a5") == first
    hub.name = "Kantor Imigrasi Baru"
    assert qr.poster(hub, "a5") != first


def test_unknown_paper_is_not_found(client: Client, hub):
    assert client.get("/info/yogyakarta/poster-a0.pdf").status_code == 404


def test_load_hub_leaves_edited_rows_alone(hub):
    Hub.objects.update(intro="Diubah petugas.")
    assert set(load_hub().values()) == {0}
    assert Hub.objects.get().intro == "Diubah petugas."
