"""A command as a model, the line that it is read from, and the types of its fields."""
