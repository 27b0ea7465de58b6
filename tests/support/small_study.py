"""A study of seconds, for tests of where its runs are executed."""

STUDY = """\
experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 2}}
optimizers: [{name: sgd, learning_rate: 0.1}, adam]
tuning: {points: 2, seeds: 1}
confirmation: {seeds: 2}
"""
