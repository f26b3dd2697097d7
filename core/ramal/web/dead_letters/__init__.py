"""Dead letters: events that a plugin did not take, and jobs that failed for good."""
