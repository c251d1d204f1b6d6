"""The publisher of a fleet: keys, releases, rollouts. Nothing of it is on a device's way, and no device imports it."""
