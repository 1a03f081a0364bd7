"""A rollout as people see it, from its first task to its end."""
