"""All that touches Redis: the only room that imports the Redis client."""
