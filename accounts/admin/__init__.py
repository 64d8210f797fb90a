"""Console pages of accounts: registrations, agencies, agreements and their terms, users and their second factor."""

from accounts.admin import agencies, agreements, identity, registrations, users

__all__ = ["agencies", "agreements", "identity", "registrations", "users"]
