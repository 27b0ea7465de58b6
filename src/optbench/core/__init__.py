"""What every room may use: values without behaviour of their own, and small helpers that know no room."""
