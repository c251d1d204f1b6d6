"""Sound out: phrases, speech synthesis, playout, and the ledger of what was heard."""
