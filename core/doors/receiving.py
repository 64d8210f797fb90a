"""How uploaded bytes are received: into a temporary file, and no more of them than any form of ours takes."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedFileUploadHandler(TemporaryFileUploadHandler):
    """Keeps one byte more than the largest file that is taken anywhere; what follows is counted and thrown away.

    The form then refuses the file with its true size, and neither memory nor disk has held it.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept = self.came = 0
        self.most = 1 + max(
            settings.PDF_MAX_BYTES, settings.XLSX_MAX_BYTES, settings.HOLDINGS_IMPORT_MAX_BYTES
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.came += len(raw_data)
        if self.kept < self.most:
            piece = raw_data[: self.most - self.kept]
            self.kept += len(piece)
            super().receive_data_chunk(piece, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return super().file_complete(self.came)
