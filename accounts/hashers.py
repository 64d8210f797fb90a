"""Password hashing: Argon2id with the cost measured in performance.md §9."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class LeanArgon2PasswordHasher(Argon2PasswordHasher):
    """64 MiB, one lane: about 80 ms of one core and a bounded memory for parallel sign-ins."""

    time_cost = 2
    memory_cost = 47104
    parallelism = 1
