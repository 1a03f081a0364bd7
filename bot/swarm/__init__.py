"""All that touches Docker: the only room that imports the Docker client."""
