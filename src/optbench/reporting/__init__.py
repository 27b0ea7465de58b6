"""Records in, pictures and pages out: nothing here trains, computes a result or writes a file."""
