"""What may be called when. Pure.

1. What changes nothing may be called at any time, also by a draft that is dropped.
2. What can be taken back is called when the turn is committed.
3. What can't be taken back is called in a committed turn whose words are the yes to a question that repeated the
   arguments. Never where the turn holds text from elsewhere (a tool's result that is not trusted, a cloud's answer,
   somebody's notes): such text may ask for anything, and may have been written to be asked for.
4. A model calls only what the owner has listed for it. A sentence of a grammar is the person's own words.
"""

from enum import Enum

from edge_agent.talk.mind.tools.tool import Failure, Risk


class Asker(Enum):
    """Who wants it called."""

    PERSON = "person"  # by a sentence that a grammar understood
    DEVICE = "device"  # the model on this device
    CLOUD = "cloud"  # a model elsewhere: what it says is text from elsewhere


class Verdict(Enum):
    """What becomes of a call."""

    NOW = "now"
    AT_COMMIT = "at commit"  # once it is certain that the person was done
    ASK = "ask"  # the person is asked, and may say yes in his next turn


def verdict(
    risk: Risk, asker: Asker, *, listed: bool, committed: bool, untrusted: bool, confirmed: bool
) -> Verdict | Failure:
    """Return what becomes of a call; the failure where it is refused.

    `listed` is whether the owner lets this asker call it, `untrusted` whether the turn holds text from elsewhere, and
    `confirmed` whether the person said yes to this very call.
    """
    if asker is not Asker.PERSON and not listed:
        return Failure.NOT_ALLOWED
    if risk is Risk.READ:
        return Verdict.NOW
    if risk is Risk.IRREVERSIBLE:
        if untrusted or asker is Asker.CLOUD:
            return Failure.UNTRUSTED
        if not confirmed:
            return Verdict.ASK
    return Verdict.NOW if committed else Verdict.AT_COMMIT
