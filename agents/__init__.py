"""What decides: tree search, steering rules, the Researcher, and the Executor."""
