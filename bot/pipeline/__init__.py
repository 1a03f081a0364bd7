"""The one short path from a request to its answer, and the parts that it is made of."""
