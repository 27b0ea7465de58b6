"""Charts on paper: the records of pages drawn by matplotlib, one drawing for each kind of mark."""
