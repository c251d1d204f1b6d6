"""Sound in: a device, the echo canceller, and the decision whether somebody speaks."""
