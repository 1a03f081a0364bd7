"""The door for people and CI: Slack's wiring, HTTP, and one file a family of commands."""
