"""Who pays: the processor time of a job, told to whoever asked for it.

A job is asked for through rooms that do not care what it costs. So the bill lies in the context of the task that asks
(`BILL.set(Bill())`), and the worker takes it along with the job. A job that was cancelled is paid for as well, when the
engine has let go of it.
"""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Bill:
    """What engines spent for one purpose."""

    cpu_ms: float = 0.0
    """Processor time of all threads together; it may still grow after the work was given up."""


BILL: ContextVar[Bill | None] = ContextVar("bill", default=None)
"""Of the running task; None where nobody counts."""
