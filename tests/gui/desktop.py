"""A screen of one's own with Wireshark on it, driven by its keys and read through its clipboard."""
import contextlib
import csv
import os
import pathlib
import re
import select
import shutil
import subprocess
import tempfile
import time

import host

PROGRAMS = ("wireshark", "Xvfb", "openbox", "xdotool", "xclip", "import")
WIDTH, HEIGHT = 1400, 1000
IN_PACKET_LIST = (700, 300)
SCREENS = 5  # at once: they mostly wait
PATIENCE = 30
STALE = "nothing was copied"

# Where things are in the menus: keys from the menu's first entry.
COPY_AS_CSV = ["Return", "Down", "Return"]  # Edit > Copy > As CSV
CONVERSATION_FILTER = ["Down"] * 5 + ["Right"]  # Analyze > Conversation Filter
# In a packet's own menu, upwards from its end; the submenu of the last protocol in the tree.
PREFERENCES = ["Up"] * 3 + ["Right", "Up", "Right"]


def missing():
    return [program for program in PROGRAMS if not shutil.which(program)]


class Screen:
    """An X server with a window manager, which gives windows the focus."""

    def __init__(self):
        readable, writable = os.pipe()
        with contextlib.ExitStack() as undo:
            server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writable), "-screen", "0", "%dx%dx24" % (WIDTH, HEIGHT),
                 "-nolisten", "tcp", "-noreset"], pass_fds=[writable], stderr=subprocess.DEVNULL)
            undo.callback(end, server)
            os.close(writable)
            with open(readable, encoding="ascii") as number:
                if not select.select([number], [], [], PATIENCE)[0]:
                    raise AssertionError("Xvfb does not start")
                self.name = ":" + number.readline().strip()
            manager = subprocess.Popen(["openbox"], env=self.environment(), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            undo.callback(end, manager)
            eventually(lambda: self.run("xdotool", "get_desktop", check=False), "the window manager")
            self.undo = undo.pop_all()

    def environment(self):
        return os.environ | {"DISPLAY": self.name}

    def run(self, *words, check=True, **more):
        return subprocess.run(words, env=self.environment(), check=check, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE, **more).stdout

    def keys(self, *keys):
        self.run("xdotool", "key", "--delay", "40", *keys)

    def type(self, text):
        self.run("xdotool", "type", "--delay", "5", text)

    def click(self, where, button=1):
        self.run("xdotool", "mousemove", *map(str, where), "click", str(button))

    def place(self, window, width, height):
        """Into the upper left corner, where what is in it has a known place."""
        def placed():
            self.run("xdotool", "windowsize", window, str(width), str(height), "windowmove", window, "10", "40")
            time.sleep(0.5)
            at = self.run("xdotool", "getwindowgeometry", "--shell", window).decode()
            return int(re.search(r"^X=(-?\d+)$", at, re.M)[1]) < 20
        eventually(placed, "window placed")

    def windows(self, title):
        return self.run("xdotool", "search", "--onlyvisible", "--name", title, check=False).decode().split()

    def put(self, text):
        subprocess.run(["xclip", "-selection", "clipboard"], env=self.environment(), input=text.encode(),
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def clipboard(self):
        return self.run("xclip", "-o", "-selection", "clipboard", check=False).decode()

    def picture(self, path):
        self.run("import", "-window", "root", str(path))

    def strip(self, x, width):
        """Its rows of pixels, from the top."""
        pixels = self.run("import", "-window", "root", "-crop", "%dx%d+%d+0" % (width, HEIGHT, x), "-depth", "8",
                          "rgb:-")
        return [pixels[at:at + 3 * width] for at in range(0, len(pixels), 3 * width)]


def end(process):
    process.terminate()
    process.wait(PATIENCE)


def eventually(get, what, enough=bool):
    """What `get` gives once that is enough."""
    until = time.monotonic() + PATIENCE
    while not enough(got := get()):
        if time.monotonic() > until:
            raise AssertionError("%s: still %r" % (what, got))
        time.sleep(0.2)
    return got


class Wireshark:
    """The program with one capture open, on a screen and in a home of its own.

    It must end of itself and with success when told to quit, and have nothing to say that it does not also
    say without the plugin.
    """

    # About the machine: no session of a desktop, no radio; a window that closed while Qt still asked about it; that a
    # capture began and ended.
    EXPECTED = re.compile(r"QStandardPaths|nl80211 not found|XDG_RUNTIME_DIR|dconf|QXcbConnection: XCB error: 3|"
                          r"\[Capture MESSAGE\]|^$")

    def __init__(self, capture, *words, artefact=None, profile=False, live=False):
        """`capture` is a file, or where it is live a pipe that packets come from."""
        host.assert_loaded()
        self.artefact = artefact
        source = ["-k", "-i", capture] if live else ["-r", host.readable(capture)]
        self.title = pathlib.Path(source[-1]).name
        self.home = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH))
        self.home.chmod(0o777)
        self.screen = Screen()
        argv, environment = host.command(["wireshark", *source, *words])
        environment |= {"DISPLAY": self.screen.name, "HOME": str(self.home)}
        if profile:
            argv += ["-C", host.PROFILE_NAME]
            environment["WIRESHARK_DATA_DIR"] = str(host.data_with_profile())
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.DEVNULL,
                                        stdout=self.said, stderr=self.said)

    def __enter__(self):
        try:
            self.see(self.title)
        except BaseException:
            self.__exit__(AssertionError)
            raise
        return self

    def __exit__(self, problem, *_):
        with self.screen.undo:
            if self.artefact:
                self.screen.picture(self.artefact)
            if problem is None:
                self.quit()
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def quit(self):
        self.screen.keys("ctrl+q")
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError("does not quit") from None
        self.said.seek(0)
        said = [line for line in self.said.read().decode().splitlines() if not self.EXPECTED.search(line)]
        if status or said:
            raise AssertionError("exit %d: %s" % (status, "\n".join(said)))

    def see(self, title):
        """Waits for the main window with a capture in it, and gives it a known place."""
        def shown():
            if self.process.poll() is not None:
                raise AssertionError("ended with %d" % self.process.returncode)
            return self.screen.windows(re.escape(title))
        window = eventually(shown, "window " + title)[0]
        self.screen.run("xdotool", "windowactivate", "--sync", window, "windowmove", window, "0", "20", "windowsize",
                        "--sync", window, str(WIDTH - 10), str(HEIGHT - 50), check=False)
        eventually(self.rows, "packets")

    def copied(self, *keys):
        """What the keys put into the clipboard."""
        if self.process.poll() is not None:
            raise AssertionError("ended with %d" % self.process.returncode)
        self.screen.put(STALE)
        self.screen.keys(*keys)
        until = time.monotonic() + 3
        while (text := self.screen.clipboard()) in (STALE, "") and time.monotonic() < until:
            time.sleep(0.1)
        return "" if text == STALE else text

    def rows(self):
        """The packet list as displayed, without its head."""
        self.screen.click(IN_PACKET_LIST)
        return list(csv.reader(self.copied("ctrl+a", "alt+e", *COPY_AS_CSV).splitlines()))[1:]

    def details(self):
        """The lines of the selected packet's tree, all of it expanded."""
        self.screen.keys("ctrl+Right")
        return self.copied("ctrl+alt+shift+a").splitlines()

    def write(self, text, open_field):
        """Types into the field that `open_field` opens until it holds the text: it can be slow to open, and what is typed
        before goes elsewhere."""
        def written():
            open_field()
            self.screen.keys("ctrl+a", "BackSpace")
            self.screen.type(text)
            return self.copied("ctrl+a", "ctrl+c")
        eventually(written, "writing " + text, lambda got: got == text)

    def enter(self, text, open_field):
        self.write(text, open_field)
        self.screen.keys("Return")

    def filter(self):
        return self.copied("ctrl+slash", "ctrl+a", "ctrl+c")

    def apply(self, text):
        self.enter(text, lambda: self.screen.keys("ctrl+slash"))

    def menu(self, letter, *keys):
        self.screen.keys("alt+" + letter, *keys)

    def select(self, frame):
        def open_bar():
            self.screen.click(IN_PACKET_LIST)
            self.screen.keys("ctrl+g")
            time.sleep(0.5)
        self.enter(str(frame), open_bar)
        time.sleep(0.5)  # until the bar for the number is gone

    def packet_menu(self, *keys):
        self.screen.click(IN_PACKET_LIST)
        time.sleep(0.5)
        self.screen.click(IN_PACKET_LIST, button=3)
        time.sleep(0.5)
        self.screen.keys(*keys)

    def set_preference(self, place, value):
        """The plugin's preference at a place in the packet's menu, counted from `Open preferences` as 0."""
        def open_bar():
            self.screen.keys("Escape")
            self.packet_menu(*PREFERENCES, *["Down"] * place, "Return")
            time.sleep(0.5)
        self.enter(value, open_bar)

    def open(self, capture):
        self.screen.keys("ctrl+o")
        eventually(lambda: self.screen.windows("Open Capture File"), "the dialog to open a file")
        self.enter(host.readable(capture), lambda: time.sleep(0.5))
        self.see(pathlib.Path(host.readable(capture)).name)
