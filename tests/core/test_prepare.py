"""Bringing a server up to date: static files are collected once, and again when one of them changed."""

import os
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import pre_migrate

from core.management.commands import prepare


def test_static_files_are_collected_again_only_when_one_changed(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("satu")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.VAR_DIR = tmp_path
    settings.STORAGES = {
        **site_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    def collected() -> dict[str, str]:
        prepare.collect_static()
        return {path.name: path.read_text() for path in Path(settings.STATIC_ROOT).glob("a*")}

    assert "satu" in collected().values()
    (settings.STATIC_ROOT / "a.txt").write_text("left alone")
    os.utime(settings.STATIC_ROOT / "a.txt", (0, 0))
    assert collected()["a.txt"] == "left alone"
    (source / "a.txt").write_text("dua kali")
    assert collected()["a.txt"] == "dua kali"
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    (settings.STATIC_ROOT / "a.txt").unlink()
    assert collected()["a.txt"] == "dua kali"
    hashed = next(path for path in settings.STATIC_ROOT.glob("a.*.txt") if path.read_text() == "dua kali")
    hashed.unlink()
    assert hashed.name in collected()


def test_collecting_that_was_cut_off_is_done_again(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT, settings.VAR_DIR = tmp_path / "static", tmp_path
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        **site_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.txt").write_text("satu")
    prepare.collect_static()
    moment = (tmp_path / "source" / "a.txt").stat()
    (tmp_path / "source" / "a.txt").write_text("dua!")

    def cut_off(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "call_command", cut_off)
        with pytest.raises(KeyboardInterrupt):
            prepare.collect_static()
        # The change is taken back: the files are those of the last finished collection, what was collected may not be.
        (tmp_path / "source" / "a.txt").write_text("satu")
        os.utime(tmp_path / "source" / "a.txt", ns=(moment.st_atime_ns, moment.st_mtime_ns))
        with pytest.raises(KeyboardInterrupt):
            prepare.collect_static()
    prepare.collect_static()
    with monkeypatch.context() as patch:
        patch.setattr(prepare, "call_command", cut_off)
        prepare.collect_static()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no time limit of statements")
@pytest.mark.django_db
def test_no_migration_is_cut_off_by_the_time_limit_of_pages():
    limits = []

    def look(**kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            limits.append(cursor.fetchone()[0])

    look()
    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        pre_migrate.disconnect(look)
    look()
    assert set(limits[1:-1]) == {"0"}
    assert limits[0] == limits[-1] != "0"
