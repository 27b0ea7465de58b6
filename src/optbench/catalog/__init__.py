"""Things an experiment can name, one entry each: what the rest of the program knows of them derives from here.

Entries are plain data and small functions; NumPy and scikit-learn are imported where a function needs them.
"""
