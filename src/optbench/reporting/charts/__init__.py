"""Figures of pages: first a record of what is shown, then a drawing in SVG that needs no script to be read."""
