"""The model test: people, faults and time in any order, and what is true all the same."""
