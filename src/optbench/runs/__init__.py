"""What is done with one run, in whatever process an executor chooses: what training leaves, and the way to its end."""
