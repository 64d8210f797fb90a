"""Measurements: our code against a peer and a floor, as ratios taken in one alternating run (``make bench``)."""
