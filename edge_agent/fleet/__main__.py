"""`python -m edge_agent.fleet` is `edge-fleet`."""

from edge_agent.fleet.cli import main

main()
