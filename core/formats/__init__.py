"""Date and number formats per language, so that every page and form writes and reads them alike."""
