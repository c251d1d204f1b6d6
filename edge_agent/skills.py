"""What an owner's own skills import, and nothing else: see docs/skills.md."""

from edge_agent.talk.mind.tools.skill import one_of, skill
from edge_agent.talk.mind.tools.tool import Outcome, Risk

__all__ = ["Outcome", "Risk", "one_of", "skill"]
