"""What the agent can do: one kind of tool, whatever it comes from."""
