"""What was said stays out of core dumps, and other programs of the same user can't read it out of this process.

What is started inherits the limit on core files. That alone does not bind a kernel that hands its dumps to a program
(`core_pattern`), nor a debugger, so each process says for itself that it is closed: the agent, and each worker. What
swaps is the unit's to forbid.
"""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4


def keep_to_itself() -> None:
    """Forbid core dumps and foreign debuggers for this process, and core dumps for those that it starts.

    A kernel without that is left as it is: the limit on core files holds everywhere.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
