"""The words that everyone shares: frames, events, settings, errors. Imports nothing of ours."""
