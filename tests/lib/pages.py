"""What pages of the documentation show."""
import host

INDENT, PROMPT = "    ", "    $ "


def shown(page):
    """(command, lines of output) of each command with a prompt."""
    lines = iter([*(host.ROOT / page).read_text().splitlines(), ""])
    command, output = None, []
    for line in lines:
        ours = command is not None and (not line or line.startswith(INDENT)) and not line.startswith(PROMPT)
        if ours:
            output.append(line[len(INDENT):])
            continue
        if command is not None:
            yield command, output
            command, output = None, []
        if line.startswith(PROMPT):
            command = line[len(PROMPT):]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).strip()
