"""Models that an operator pushes to many devices: what a release is, and how a device takes one and gives it back."""
