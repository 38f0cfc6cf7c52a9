#!/usr/bin/python3
"""What Wireshark itself and TRANSUM say, held to every capture: the programs named here, each of which can be run
alone.  Together they read the rows of a capture once."""
import sys

import analysis
import conservation
import transum
from analysis import cases

PROGRAMS = (conservation, analysis, transum)

if __name__ == "__main__":
    found = [("%s: %s" % (program.__name__, name), *rest) for program in PROGRAMS for name, *rest in program.todo()]
    cases.run(cases.chosen(found, sys.argv[1:]))
