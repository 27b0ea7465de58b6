"""Executors: where runs are executed. They hand out slots and report ends; what a run is, they do not know."""
