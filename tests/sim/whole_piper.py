"""The voice as it is without cuts, in a worker of its own: what the pieces are measured against."""

from edge_agent.workers import piper, vits
from edge_agent.workers.child import serve

if __name__ == "__main__":
    vits._cuts = lambda *_: None
    serve(piper.make)
