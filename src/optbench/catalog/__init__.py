"""Things an experiment can name, one entry each: what the rest of the program knows of them derives from here."""
