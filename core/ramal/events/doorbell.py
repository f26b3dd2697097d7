"""Redis as a doorbell: it wakes processes early and holds nothing that can't be lost.

A ring that fails is no error: the sweeper's next round finds the work in PostgreSQL.
"""

from __future__ import annotations
