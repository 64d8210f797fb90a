"""The rules of work that administrators decide: terms, thresholds, hours, and the lists of reasons."""
