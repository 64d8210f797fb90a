"""``manage.py prepare``: database, reference data, roles, texts, schedules, static files; after every update."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy as _

from core.doors.pdf_signing.demo import prepare_demo_key

#: Loaded in this order; each leaves alone what is already there or was edited in the console.
LOADERS: tuple[tuple[str, Any], ...] = (
    ("load_regions", _("Wilayah Indonesia")),
    ("load_offices", _("Kantor imigrasi dan TPI")),
    ("load_countries", _("Negara")),
    ("load_holidays", _("Hari libur")),
    ("load_catalogue", _("Katalog layanan")),
    ("load_reasons", _("Daftar alasan")),
    ("load_saved_replies", _("Balasan siap pakai")),
    ("load_roles", _("Peran petugas")),
    ("load_content", _("Isi situs")),
    ("load_whatsapp", _("Percakapan WhatsApp")),
    ("load_hub", _("Info layanan")),
    ("load_schedules", _("Tugas berkala")),
)


class Command(BaseCommand):
    help = "Menyiapkan basis data, data acuan, peran, isi situs, tugas berkala, dan berkas statis."

    def handle(self, *args: Any, **options: Any) -> None:
        self.step(_("Basis data"))
        call_command("migrate", verbosity=0, interactive=False)
        for name, label in LOADERS:
            self.step(label)
            call_command(name, verbosity=0)
        self.step(_("Berkas statis"))
        collect_static()
        if prepare_demo_key():
            self.step(_("Sertifikat demo untuk tanda tangan PDF"))

    def step(self, label: Any) -> None:
        """One line for the person who waits."""
        self.stdout.write(f"==> {label}")
        self.stdout.flush()


def collect_static() -> None:
    """Collects the static files, unless the last collection was of these very files, was finished, and is all there."""
    stamp = settings.VAR_DIR / "static-collected"
    sources = sorted(
        f"{path} {found.stat().st_size} {found.stat().st_mtime_ns}"
        for finder in get_finders()
        for path, storage in finder.list([])
        if (found := Path(storage.path(path)))
    )
    made_by = [str(settings.STATIC_ROOT), settings.STORAGES["staticfiles"]["BACKEND"], version("whitenoise")]
    wanted = hashlib.sha256("\n".join([*made_by, *sources]).encode()).hexdigest()
    if stamp.exists() and stamp.read_text("ascii") == wanted and _is_complete(Path(settings.STATIC_ROOT)):
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(wanted, "ascii")


def _is_complete(collected: Path) -> bool:
    """Whether every file that the manifest names is there."""
    try:
        names = json.loads((collected / "staticfiles.json").read_text("utf-8"))["paths"].values()
    except (OSError, ValueError, KeyError):
        return False
    return all((collected / name).exists() for name in names)
