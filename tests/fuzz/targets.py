"""All targets."""

import targets_files
import targets_fleet
import targets_guest
import targets_tools
import targets_wires
import targets_words

TARGETS = [
    *targets_files.TARGETS,
    *targets_words.TARGETS,
    *targets_wires.TARGETS,
    *targets_tools.TARGETS,
    *targets_guest.TARGETS,
    *targets_fleet.TARGETS,
]
