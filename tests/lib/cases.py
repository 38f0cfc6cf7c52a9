"""Cases, printed as TAP: one line each, with the reason under it where it failed."""
import concurrent.futures
import os
import sys
import traceback


def check(wanted, got, what=""):
    if wanted != got:
        raise AssertionError("%s%swanted %r, got %r" % (what, ": " if what else "", wanted, got))


def refuses(function, *arguments):
    """A check that cannot fail is none: this one is given what is wrong."""
    try:
        function(*arguments)
    except AssertionError:
        return
    raise AssertionError("%s lets it pass" % function.__name__)


def _outcome(case):
    name, function, *arguments = case
    try:
        return name, function(*arguments), None
    except AssertionError as error:
        return name, None, str(error)
    except Exception:  # a broken case must not hide those after it
        return name, None, traceback.format_exc()


def _outcome_of_two(case):
    """That of a second try where the first failed, with what went wrong then as a remark."""
    name, remark, problem = _outcome(case)
    if problem is None:
        return name, remark, None
    first = problem.splitlines()[0][:200]
    name, remark, problem = _outcome(case)
    return name, "%s (second try; the first: %s)" % (remark, first), problem


def run(cases, second_try=False, at_once=os.cpu_count()):
    """Runs (name, function, argument...) each; what a function returns is a remark on its line.  Exits.

    A second try is for what depends on how fast other programs are; more at once than there are processors, for what mostly waits.
    """
    if not cases:
        raise SystemExit("no case to run")
    failed = 0
    print("1..%d" % len(cases))
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        outcomes = pool.map(_outcome_of_two if second_try else _outcome, cases)
        for number, (name, remark, problem) in enumerate(outcomes, 1):
            failed += problem is not None
            print("%s %d - %s%s" % ("not ok" if problem else "ok", number, name,
                                    " # " + remark if remark else ""))
            for line in (problem or "").splitlines():
                print("#   " + line)
            sys.stdout.flush()
    print("# %d of %d passed" % (len(cases) - failed, len(cases)))
    sys.exit(failed != 0)


def chosen(cases, words):
    """Those whose name is, or begins with, one of the words; all where there are none."""
    return [case for case in cases if not words or any(case[0].startswith(word) for word in words)]
