"""Everything that speaks HTTP with engines: connections, failover, retries, events."""
