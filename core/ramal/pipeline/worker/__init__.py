"""The worker: a parent process, and the children in which all background work runs."""
