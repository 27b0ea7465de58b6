"""The only room with TensorFlow and Keras: models, optimizers, losses, engines and the training loop.

It takes a resolved experiment and a data set and returns records; it writes no run files and draws nothing.
Importing this package imports nothing heavy; `start.import_backend()` does.
"""
