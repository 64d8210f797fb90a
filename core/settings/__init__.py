"""Settings: base (everything from the environment), unfold (site map of the console), test."""
