"""What the bot keeps in Redis. The only package that imports the Redis client."""
