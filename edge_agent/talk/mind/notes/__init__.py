"""What the owner wrote down: found by the words of a question, and said in its own words."""

from edge_agent.talk.mind.notes.folder import Notes
from edge_agent.talk.mind.notes.grounding import Grounding

__all__ = ["Grounding", "Notes"]
