"""A plugin that counts what customers write: the benchmarks' second event hook."""
