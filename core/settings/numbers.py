"""Whole numbers from the environment: a senseless one refuses the start instead of switching a limit off."""

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def whole_number(env: Env, name: str, *, default: int, low: int, high: int) -> int:
    """The setting ``name``; ImproperlyConfigured unless it is a whole number from ``low`` to ``high``."""
    try:
        number = int(env.int(name, default=default))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: isi angka {low} sampai {high}.") from error
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name}={number}: isi angka {low} sampai {high}.")
    return number
