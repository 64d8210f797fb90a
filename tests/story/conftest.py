"""The running town and the browsers that play in it."""

from collections.abc import Iterator

import pytest

from tests.browser import chromium
from tests.database import Template
from tests.story.stage import Stage
from tests.story.town import Town, open_town


@pytest.fixture
def town(django_db_setup: None, database_template: Template | None) -> Iterator[Town]:
    """A real web server and worker on an own database."""
    with open_town(database_template and database_template.path) as opened:
        yield opened


@pytest.fixture
def stage(town: Town) -> Iterator[Stage]:
    """Browsers; one for each person. Never kept open for other tests: Playwright runs once in a process."""
    with chromium() as browser:
        yield Stage(browser, town)
