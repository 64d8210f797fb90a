"""Console pages of accounts: registrations, agencies and agreements, users."""

from accounts.admin import agencies, registrations, users

__all__ = ["agencies", "registrations", "users"]
