"""How long the voice breathes between two phrases. Pure."""

SENTENCE_GAP_S = 0.12
"""Added to the 30 ms and more of silence that a phrase brings along at its end."""
CLAUSE_GAP_S = 0.04


def breath_s(text: str) -> float:
    """Return the silence after a phrase that ends as `text` does."""
    ending = text.rstrip().rstrip("\"'”’)]*_`")[-1:]
    if ending in (".", "!", "?", "…"):
        return SENTENCE_GAP_S
    return CLAUSE_GAP_S if ending in (",", ";", ":", "—", "–") else 0.0
