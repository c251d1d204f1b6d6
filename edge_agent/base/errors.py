"""One error per thing that a caller can do about it.

::

    EdgeAgentError              exit code   what the caller can do
      InputError                66          give another file, or another text
      DeviceError               69          plug in, choose or free an audio device
      ModelError                69          `edge-agent models pull`
      EngineError               70          try again; the worker is being restarted
        EngineLostError         70          ask its successor, once: the process went in the middle of a job
      OutputError               73          free some space, choose another place
      NetworkError              75          try again later, or another source
      BusyError                 75          end the agent that runs here already, or what else has its place
      TrustError                76          tell whoever runs the fleet; the device goes on with what it has
      AccessError               77          get the permission that the hint names
      SettingsError             78          mend the setting that the message names

Every message says what happened and with what; `hint` says what to do about it. The command line prints both in one
line and leaves with the exit code, without a traceback. Whatever is not an `EdgeAgentError` is our own mistake.
"""

from typing import ClassVar


class EdgeAgentError(Exception):
    """Something that the owner of the device can do something about."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(EdgeAgentError):
    """A file or text that was given can't be used."""

    exit_code = 66


class DeviceError(EdgeAgentError):
    """An audio device is missing, busy, or refuses what was asked of it."""

    exit_code = 69


class ModelError(EdgeAgentError):
    """A model is missing, damaged, or does not do what it is known to do."""

    exit_code = 69


class EngineError(EdgeAgentError):
    """A worker process died, hung or answered nonsense; it is being restarted."""

    exit_code = 70


class EngineLostError(EngineError):
    """A worker process went while it worked on a job. It was not the job's fault, unless it happens again."""


class OutputError(EdgeAgentError):
    """Something can't be written: no space, no folder."""

    exit_code = 73


class NetworkError(EdgeAgentError):
    """A source can't be reached, or broke off."""

    exit_code = 75


class BusyError(EdgeAgentError):
    """Another agent has this device, or another program the address."""

    exit_code = 75


class TrustError(EdgeAgentError):
    """What a fleet's repository says is not to be believed, or not any more: nothing new is installed."""

    exit_code = 76


class AccessError(EdgeAgentError):
    """The operating system says no."""

    exit_code = 77


class SettingsError(EdgeAgentError):
    """A setting is unknown, of the wrong type, or out of range."""

    exit_code = 78
