"""Daftar over HTTP: the form, its messages, what the mails say, confirming, correcting, no enumeration."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from accounts import operations
from accounts.models import Registration, User
from tests.factories import make_registration, pdf_file

pytestmark = pytest.mark.django_db
URL = "/daftar/"


def answers(**changes):
    values = {
        "agency_name": "BADAN IT NASIONAL",
        "unit": "Tata Kelola",
        "full_name": "ANDI BURHANS",
        "employee_number": "19741208 199403 1 001",
        "phone": "0812-3456-789",
        "email": "Andi@Badan.go.id",
        "address": "Jl. Jagakarsa Raya 1, Jakarta Selatan",
        "postal_code": "12620",
        "province": "31",
        "regency": "31.74",
        "district": "31.74.09",
        "village": "31.74.09.1005",
        "declaration": "on",
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def with_letter(**changes):
    return answers(letter=pdf_file(), **changes)


def test_registration_stores_everything_and_mails(client, reference, drain_queue, mail_text, page_text):
    response = client.post(URL, with_letter(immigration_office=reference["office"].pk), follow=True)
    assert "Pendaftaran Berhasil. Mohon cek email Anda secara berkala" in page_text(response)
    assert "a•••@badan.go.id" in page_text(response)
    registration = Registration.objects.get()
    assert registration.employee_number == "197412081994031001"
    assert registration.village_id == "31.74.09.1005"
    assert registration.email == "andi@badan.go.id"
    drain_queue()
    assert mail.outbox[-1].to == ["andi@badan.go.id"]
    assert mail.outbox[-1].subject == "Pendaftaran Berhasil"
    link = re.search(r"http://testserver(/daftar/konfirmasi/\S+)", mail_text()).group(1)
    assert "konfirmasi alamat ini" in page_text(client.get(link))
    assert Registration.objects.get().email_confirmed_at is None, "opening a link changes nothing"
    assert "terkonfirmasi" in page_text(client.post(link))
    assert Registration.objects.get().email_confirmed_at is not None
    assert client.get("/daftar/sukses/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agency_name": ""}, "Isi Nama Instansi"),
        ({"agency_name": "\u200b\u200b\u3164\u202e"}, "Isi Nama Instansi"),
        ({"full_name": "- -"}, "Nama memuat tanda yang tidak dikenal. Tulis sesuai identitas"),
        ({"full_name": "Andi_B"}, "Nama memuat tanda yang tidak dikenal. Tulis sesuai identitas"),
        ({"unit": "x" * 163}, "Unit Kerja paling banyak 150 karakter. Anda menulis 163"),
        ({"full_name": "Andi 2"}, "Nama memuat angka. Tulis sesuai identitas"),
        ({"employee_number": "1" * 17}, "NIP terdiri dari 18 angka. Anda menulis 17"),
        ({"employee_number": "12a456"}, "NIP/NRP hanya berisi angka"),
        ({"phone": "81234567890"}, "No. Telp harus diawali 0 atau +62, misalnya 081234567890"),
        ({"email": "andi@badan"}, "Email belum lengkap. Tulis seperti nama@instansi.go.id"),
        ({"address": "Jakarta"}, "Alamat Kantor terlalu singkat. Tulis jalan, nomor, dan kota"),
        ({"postal_code": "126"}, "Kode Pos terdiri dari 5 angka"),
        (
            {"regency": "32.73", "district": "", "village": ""},
            "Kota tidak termasuk Provinsi DKI JAKARTA. Pilih ulang",
        ),
        ({"declaration": None}, "Centang pernyataan bahwa data sudah benar"),
        ({"letter": None}, "Unggah Dokumen Tambahan"),
    ],
)
def test_wrong_field_says_how_to_mend_it(client, reference, page_text, changes, message):
    response = client.post(
        URL, {**answers(**changes), **({} if "letter" in changes else {"letter": pdf_file()})}
    )
    assert response.status_code == 422
    assert page_text(response).count(message) >= 2, "in the summary and beside the field"
    assert not Registration.objects.exists()


def test_what_nobody_sees_is_not_stored(client, reference):
    pasted = {
        "agency_name": "BADAN \u202e IT  NASIONAL",
        "full_name": "Jose\u0301 \u200bXime\u0301nes",
        "phone": "\u200e0812-3456-789",
        "email": "andi@badan.go.id\u200b",
    }
    assert client.post(URL, with_letter(**pasted)).status_code == 302
    stored = Registration.objects.get()
    assert stored.agency_name == "BADAN IT NASIONAL"
    assert stored.full_name == "José Ximénes"
    assert (stored.phone, stored.email) == ("08123456789", "andi@badan.go.id")


def test_letter_survives_when_another_field_is_wrong(client, reference, page_text):
    response = client.post(URL, with_letter(postal_code=""))
    assert "surat.pdf" in page_text(response)
    kept = client.get("/daftar/surat/")
    assert b"".join(kept.streaming_content).startswith(b"%PDF-")
    assert client.post(URL, answers()).status_code == 302
    with Registration.objects.get().letter as letter:
        assert letter.read().startswith(b"%PDF-")
    assert client.get("/daftar/surat/").status_code == 404


def test_regions_load_without_javascript(client, reference):
    response = client.post(URL, {**answers(regency="", district="", village=""), "_muat": "wilayah"})
    body = response.content.decode()
    assert response.status_code == 200
    assert '<option value="31.74">' in body
    assert "ANDI BURHANS" in body
    assert "Kesalahan" not in body


def test_region_options_as_json(client, reference):
    assert client.get(reverse("public_site:region_options"), {"induk": "31"}).json() == {
        "items": [["31.74", "JAKARTA SELATAN"]]
    }


def test_known_and_unknown_addresses_look_the_same(client, reference, siti, drain_queue, page_text):
    known = client.post(URL, with_letter(email="siti@badan.go.id"), follow=True)
    other = client.post(URL, with_letter(email="siti2@badan.go.id"), follow=True)
    assert page_text(known) == page_text(other)
    assert known.redirect_chain == other.redirect_chain
    drain_queue()
    assert sorted(message.subject for message in mail.outbox) == [
        "Anda sudah memiliki akun",
        "Pendaftaran Berhasil",
    ]


def test_second_registration_with_a_waiting_address_makes_no_row(client, reference, drain_queue):
    client.post(URL, with_letter())
    client.post(URL, with_letter())
    drain_queue()
    assert Registration.objects.count() == 1
    assert [message.subject for message in mail.outbox] == [
        "Pendaftaran Berhasil",
        "Pendaftaran Anda sudah kami terima",
    ]


def test_honeypot_stores_nothing(client, reference, page_text):
    response = client.post(URL, with_letter(situs_web="http://spam"), follow=True)
    assert "Sukses" in page_text(response)
    assert not Registration.objects.exists()


def test_registrations_are_throttled_by_address(client, reference):
    codes = [client.post(URL, with_letter(email=f"a{n}@badan.go.id")).status_code for n in range(11)]
    assert codes == [302] * 10 + [429]


def test_confirmation_link_dies_after_three_days(client, base_data):
    from accounts.links import confirmation_token

    link = reverse("public_site:register_confirm", args=[confirmation_token(make_registration())])
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert client.get(link).status_code == 410


def test_correction_round_trip_and_old_links(client, budi, reference, drain_queue, mail_text, page_text):
    registration = make_registration(email="andi@badan.go.id")
    operations.ask_correction(registration.pk, by=budi, note="Kop surat belum ada")
    drain_queue()
    text = mail_text()
    assert "Pendaftaran perlu diperbaiki" in text
    assert "Kop surat belum ada" in text
    link = re.search(r"http://testserver(/daftar/perbaikan/\S+)", text).group(1)
    page = client.get(link)
    assert "Kop surat belum ada" in page_text(page)
    assert 'value="Andi Burhans"' in page.content.decode()
    response = client.post(link, with_letter(full_name="Andi Burhan", email="jahat@contoh.id"), follow=True)
    assert "Perbaikan sudah dikirim. Mohon cek email Anda secara berkala" in page_text(response)
    assert "Klik tautan" not in page_text(response), "the address is confirmed already"
    registration = Registration.objects.get()
    assert (registration.status, registration.full_name) == ("submitted", "Andi Burhan")
    assert registration.email == "andi@badan.go.id", "the confirmed address stays"
    assert client.get(link).status_code == 410
    assert [event.verb for event in registration.events.all()] == ["ask_correction", "resubmit"]
    again = client.post(URL, with_letter(email="lain@badan.go.id"), follow=True)
    assert "Klik tautan" in page_text(again)


def test_templates_of_the_letter_download(client, base_data):
    word, pdf = client.get("/daftar/templat.docx"), client.get("/daftar/templat.pdf")
    assert b"".join(word.streaming_content).startswith(b"PK")
    assert b"".join(pdf.streaming_content).startswith(b"%PDF-")
    assert client.get("/daftar/templat.exe").status_code == 404


def test_approval_over_to_first_sign_in(client, budi, reference, drain_queue, mail_text, page_text):
    """The whole way: registration, approval, mail, temporary password, code, own password."""
    client.post(URL, with_letter())
    drain_queue()
    client.post(re.search(r"http://testserver(/daftar/konfirmasi/\S+)", mail_text()).group(1))
    checklist = dict.fromkeys(operations.CHECKLIST, True)
    operations.approve_registration(
        Registration.objects.get().pk,
        by=budi,
        checklist=checklist,
        agency_name="BADAN IT NASIONAL",
        agency_code="BADANIT",
    )
    user = User.objects.get(email="andi@badan.go.id")
    assert user.username == "BADANIT_001"
    assert not user.has_usable_password()
    queued = "".join(OrmQ.objects.values_list("payload", flat=True))
    drain_queue()
    text = mail_text()
    assert "Akun Anda sudah aktif" in text
    assert "Username: BADANIT_001" in text
    password = re.search(r"Password sementara: (\S+)", text).group(1)
    assert len(password.replace("-", "")) == 20
    assert password not in queued
    form = {"sign_in-current_step": "auth", "auth-username": "andi@badan.go.id", "auth-password": password}
    assert client.post("/masuk/", form).url == "/masuk/otp/"
    code = re.search(r"^(\d{6})$", mail_text(), re.MULTILINE).group(1)
    response = client.post("/masuk/otp/", {"sign_in-current_step": "token", "token-otp_token": code})
    assert response.url == "/akun/kata-sandi/"
    assert client.get("/akun/perangkat/").url == "/akun/kata-sandi/"
    weak = client.post("/akun/kata-sandi/", {"password": "badanit_001x", "repeat": "badanit_001x"})
    assert "Kata sandi memuat nama atau username Anda. Buat yang lain" in page_text(weak)
    own = {"password": "kereta senja ke utara", "repeat": "kereta senja ke utara"}
    assert client.post("/akun/kata-sandi/", own).status_code == 302
    assert client.get("/akun/perangkat/").status_code == 200
    user.refresh_from_db()
    assert not user.must_change_password
    assert not user.check_password(password)
