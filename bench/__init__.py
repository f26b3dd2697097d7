"""Benchmarks: ``python -m bench`` (or ``make bench``). Each figure stands beside its baseline of the same run.

Results go to ``bench/results/`` as JSON, and into ``docs/performance.md`` as a table. Timing is
measured here only; the tests know no clock.
"""
