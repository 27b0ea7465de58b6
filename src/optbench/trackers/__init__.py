"""Finished runs and their comparison in the tools of others: tables, MLflow, TensorBoard, Weights & Biases."""
