"""A plugin that writes down every message it is told of: for the fault test and the benchmarks."""
