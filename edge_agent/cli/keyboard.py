"""What the keys of `edge-agent talk` do."""

from collections.abc import Callable

from edge_agent.app.agent import Agent
from edge_agent.base.events import Muted, Typed, Unmuted
from edge_agent.cli.screen import Screen


class Keyboard:
    """One key at a time; while a turn is typed, every key is a letter of it."""

    def __init__(self, agent: Agent, screen: Screen, leave: Callable[[], None]) -> None:
        self._agent = agent
        self._screen = screen
        self._leave = leave

    def press(self, key: str) -> None:
        """Do what the key stands for; an unknown key does nothing."""
        if self._screen.typing is not None:
            self._type(self._screen.typing, key)
            return
        match key:
            case " ":
                # Whoever wants to talk wants to be heard.
                if self._agent.conversation.muted:
                    self._agent.post(Unmuted())
                else:
                    self._agent.attending.toggle()
            case "m":
                self._agent.post(Unmuted() if self._agent.conversation.muted else Muted())
            case "t":
                self._screen.typing = ""
            case "q":
                self._leave()

    def _type(self, typed: str, key: str) -> None:
        match key:
            case "\n":
                self._screen.typing = None
                if typed.strip():
                    self._agent.post(Typed(typed.strip()))
            case "\x1b":
                self._screen.typing = None
            case "\x7f":
                self._screen.typing = typed[:-1]
            case _ if key.isprintable():
                self._screen.typing = typed + key
