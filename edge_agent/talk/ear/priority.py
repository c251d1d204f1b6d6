"""The ear's thread before all others."""

import logging
import os

log = logging.getLogger(__name__)

PRIORITY = 10
"""Of the thread, real-time where that is allowed: above all ordinary work, below the sound server's own (usually 5-20
niced, or 88)."""


def raise_priority() -> None:
    """The ear comes first: late sound is lost sound. For this thread alone, and done without where it is denied."""
    if not hasattr(os, "sched_setscheduler"):
        return
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except PermissionError:
        log.debug("no real-time priority for the ear: not permitted")
