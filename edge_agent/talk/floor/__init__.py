"""Who speaks now. Pure: no clock, no I/O, no threads, no audio."""
