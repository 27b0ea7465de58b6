"""Finished runs and studies that leave, come back, and meet those of others: `share`, `import`, `merge`."""
