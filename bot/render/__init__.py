"""Values become messages: pure functions from what happened to what people see in Slack."""
