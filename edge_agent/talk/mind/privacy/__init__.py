"""What may leave the device: text alone, and of that only what the owner allows.

::

    class_of(text, settings.privacy)                   for the router: local_only, redact or free
    sent = redact_all(texts, settings.privacy, known)  what goes to the cloud, and what stands for what
    record.keep(Sent(…))                               for `edge-agent privacy last`
    restore(line, sent.placeholders)                   each line of the reply, before it is said

Everything but `record.py` is pure.
"""

from edge_agent.talk.mind.privacy.placeholders import Category, Placeholders, restore
from edge_agent.talk.mind.privacy.record import Record, Sent
from edge_agent.talk.mind.privacy.redact import PrivacyClass, Redacted, RedactedAll, class_of, redact, redact_all

__all__ = [
    "Category",
    "Placeholders",
    "PrivacyClass",
    "Record",
    "Redacted",
    "RedactedAll",
    "Sent",
    "class_of",
    "redact",
    "redact_all",
    "restore",
]
