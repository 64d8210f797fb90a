"""A conversation and a letter entered by an officer, for the demonstration; by the same operations as real ones."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock
from requests_app import conversation, operations
from requests_app.models import DataRequest, Status

QUESTION = "Apakah data perlintasan dapat kami terima lebih dahulu? Berkas pendukung kami lampirkan."
ANSWER = "Terima kasih. Berkasnya sudah kami terima. Semua jawaban kami kirim bersamaan pada batas waktu."
THANKS = "Baik, kami tunggu. Satu pegawai sudah berganti nomor paspor; apakah perlu kami tulis ulang?"
PURPOSE = "Pemeriksaan riwayat perjalanan dinas pegawai untuk laporan tahunan"
NOTE = "Surat kuasa sudah dicek ke bagian kerja sama; sah. Lanjutkan setelah nomor paspor baru masuk."


def talk(letter: SimpleUploadedFile, at: Callable[[int, int], Any]) -> None:
    """Question, note and answer on the youngest request being processed; the last question is still unread."""
    found = DataRequest.objects.filter(status=Status.PROCESSING).order_by("-submitted_at").first()
    if found is None:
        return
    rina = User.objects.get(username="rina")
    with at(1, 9):
        operations.write_message(found.pk, by=found.requester, text=QUESTION, attachment=letter)
        operations.mark_read(found, conversation.messages_page(found, 1), by=rina)
        operations.write_note(found.pk, by=rina, note=NOTE)
    with at(1, 11):
        operations.write_message(found.pk, by=rina, text=ANSWER)
    with at(1, 14):
        operations.mark_read(found, conversation.messages_page(found, 1), by=found.requester)
        operations.write_message(found.pk, by=found.requester, text=THANKS)


def enter(letter: SimpleUploadedFile, asked: dict[str, Any], at: Callable[[int, int], Any]) -> None:
    """Kartika enters a letter that came by post for Sari."""
    kartika = User.objects.get(username="kartika")
    sari = User.objects.get(username="BADANIT_002")
    service = Service.objects.get(key=asked["service"])
    values, errors = service.schema().clean_asked(asked["asked"], Lookups())
    if errors:
        raise ValueError(str(errors))
    with at(1, 13):
        draft = operations.create_draft(by=kartika, on_behalf_of=sari)
        header = {
            "letter_number": "B-77/SEKR/POS",
            "letter_date": clock.today() - timedelta(days=3),
            "subject": "PERMOHONAN DATA PEGAWAI (SURAT POS)",
            "unit": "Biro Kepegawaian",
            "phone": "08123456789",
            "purpose": PURPOSE,
            "legal_basis": "c",
        }
        operations.save_header(draft.pk, by=kartika, values=header, letter=letter)
        operations.add_row(draft.pk, by=kartika, service=service, values=values)
        operations.submit(draft.pk, by=kartika, submit_key=uuid.uuid4())
