"""Password hashing: Argon2id with the cost measured in performance.md §9."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class LeanArgon2PasswordHasher(Argon2PasswordHasher):
    """46 MiB, two passes, one lane: bounded memory for parallel sign-ins (performance.md §9)."""

    time_cost = 2
    memory_cost = 47104
    parallelism = 1
