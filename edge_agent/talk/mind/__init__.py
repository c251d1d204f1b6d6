"""Words in, words out: speech to text, the router, skills, the language model, and what the conversation remembers."""
