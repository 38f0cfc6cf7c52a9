"""What the rows of a capture say, joined: an exchange and the frames of its messages."""
import host

FRAMES = ("request_first", "request_last", "response_first", "response_last")


def exchanges(capture, *words):
    """The exchange rows in order of their number, with FRAMES from the message rows."""
    messages = {(row["exchange"], row["message"]): row for row in host.rows(capture, "messages", *words)}
    found = sorted(host.rows(capture, "exchanges", *words), key=lambda row: int(row["exchange"]))
    for row in found:
        for name in ("request", "response"):
            message = messages.get((row["exchange"], name), {})
            row[name + "_first"] = message.get("first_frame", "")
            row[name + "_last"] = message.get("last_frame", "")
    return found


def pushes(capture, *words):
    return [row for row in host.rows(capture, "messages", *words) if row["message"] == "push"]


def connections(capture, *words):
    return {int(row["stream"]): row for row in host.rows(capture, "connections", *words)}
