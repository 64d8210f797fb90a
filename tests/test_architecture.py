"""What architecture.md promises and no linter sees: names in strings resolve, rules hold in source."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import get_resolver
from django.utils.module_loading import import_string

from core.management.commands.load_schedules import SCHEDULES
from core.management.commands.prepare import LOADERS

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "admin_theme", "core", "public_site", "requests_app")
#: A dotted path that our code gives the queue or the mail door.
QUEUED = re.compile(r"""enqueue\(\s*["']([a-z_.]+)["']""")
POSTED = re.compile(r"""(?:\bpost|\bmail\.post)\(\s*f?["'](accounts|requests|hub)\.([a-z_{}]+)["']""")


def sources() -> Iterator[tuple[Path, str]]:
    """Every module of the project that is not a migration."""
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path, path.read_text()


def test_queued_tasks_resolve():
    found = {name for _path, text in sources() for name in QUEUED.findall(text)}
    assert {"core.tasks.send_mail", "requests_app.tasks.issue_document"} <= found
    for name in found:
        assert callable(import_string(name)), name


def test_scheduled_tasks_resolve():
    for name, schedule in SCHEDULES.items():
        task = import_string(schedule["func"])
        assert callable(task), name
        assert not inspect.signature(task).parameters, f"{name} takes no arguments from the clock"


def test_mail_kinds_resolve():
    kinds = {(owner, name) for _path, text in sources() for owner, name in POSTED.findall(text)}
    assert kinds
    for owner, name in kinds:
        if "{" not in name:
            assert callable(import_string(f"{settings.MAIL_BUILDERS[owner]}.{name}")), name


def test_demo_loaders_are_commands():
    assert {name for name, _label in LOADERS} <= set(get_commands())


@pytest.mark.parametrize(
    "name", ["LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL", "AUTHENTICATOR_URL"]
)
def test_addresses_in_settings_resolve(name):
    space, view = getattr(settings, name).split(":")
    assert view in get_resolver().namespace_dict[space][1].reverse_dict


def test_state_changes_only_in_operations():
    """Rule 1: nobody assigns or updates the state of a request or registration elsewhere."""
    allowed = {ROOT / "accounts" / "operations.py", *(ROOT / "requests_app" / "operations").glob("*.py")}
    guilty = []
    for path, text in sources():
        if path in allowed or not {"accounts", "requests_app", "views"} & set(path.parts):
            continue  # mails, messages and answers have a status of their own
        for node in ast.walk(ast.parse(text)):
            assigned = isinstance(node, ast.Assign | ast.AnnAssign) and any(
                isinstance(target, ast.Attribute) and target.attr == "status"
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            )
            updated = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and any(keyword.arg == "status" for keyword in node.keywords)
            )
            if assigned or updated:
                guilty.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert guilty == []


def test_services_and_kinds_are_never_asked_by_name():
    """Rule 4: nobody compares a service or a field kind with a name; a service is data, a kind is a class."""
    asked = re.compile(r"""\b(?:service(?:_key|\.key)?|kind_name)\s*(?:==|!=|in)\s*[("']""")
    guilty = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path, text in sources()
        for line in text.splitlines()
        if asked.search(line)
    ]
    assert guilty == []


def test_every_module_says_what_belongs_in_it():
    silent = [
        str(path.relative_to(ROOT))
        for path, text in sources()
        if text.strip() and not text.lstrip().startswith(('"""', "#!/"))
    ]
    assert silent == []
