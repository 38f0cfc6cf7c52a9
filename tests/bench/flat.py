"""A segment costs the tracker about as much among 20,000 connections as among 1,000.

More connections miss more caches; a search that grows with their number would cost twenty times as much. The
best of several runs, taken in turns, is what the machine's other work disturbs least.
"""
import subprocess
import sys

FEED, SEGMENTS, ROUNDS, MOST = sys.argv[1], "120000", 5, 4.0


def cost(shape):
    output = subprocess.run([FEED, shape, SEGMENTS], check=True, capture_output=True, text=True).stdout
    facts = dict(word.split("=") for word in output.split())
    assert int(facts["reports"]) >= int(facts["exchanges"]) > 0, output
    return float(facts["ns_per_segment"])


rounds = [(cost("streams-1000"), cost("streams-20000")) for _ in range(ROUNDS)]
few, many = (min(costs) for costs in zip(*rounds))
print(f"ns a segment: {few:.0f} among 1,000 connections, {many:.0f} among 20,000: {many / few:.2f} times as much")
sys.exit(many > MOST * few)
