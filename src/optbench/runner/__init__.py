"""Commands as visible lists of steps: plan, stage, execute, finish; what each step does stands in its own room."""
