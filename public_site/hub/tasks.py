"""Work of Info Layanan that runs in the queue: the daily self-check, guides after a figure changed."""

from django.contrib.auth import get_user_model

from public_site.hub import guides, selfcheck


def daily_check() -> None:
    """The self-check of the day."""
    selfcheck.run()


def check_now(user_id: int) -> None:
    """A self-check an officer asked for."""
    selfcheck.run(by=get_user_model().objects.filter(pk=user_id).first())


def republish_guides(fact_keys: str) -> None:
    """New versions of the guides that quote one of these figures (keys joined by commas)."""
    guides.republish_with(set(fact_keys.split(",")))
