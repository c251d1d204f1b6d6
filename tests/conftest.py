"""What all tests share."""

from hypothesis import settings

# How long one example takes says more about the machine that tests than about what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
