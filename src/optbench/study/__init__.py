"""A study as a visible list of steps: plan, tune, choose, open the test split, confirm, conclude."""
