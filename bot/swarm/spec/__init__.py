"""Specifications: read, created and changed by the rules of the Docker CLI; pure."""
