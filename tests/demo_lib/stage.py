# SPDX-License-Identifier: BSD-3-Clause
"""What shows of all stacks share: the private network, the folder, the stacks, the end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo_lib import network
from demo_lib.programs import BOUND, HOST_IP, Board, Failure, Host, Linux, Program, deadline

TOOLS = ["qemu-system-arm", "ip", "unshare", "setpriv"]


def missing(build, apps, boards, images):
    """Files and tools that are not there."""
    files = [build / stack / app for stack in ("host", "linux") for app in apps]
    files += [build / board / f"{image}.elf" for board in boards for image in images]
    return [str(file) for file in files if not file.exists()] + [
        tool for tool in TOOLS if not shutil.which(tool)
    ]


def attempt(run, stack, peer):
    """What run(stack, peer) found, or the Failure."""
    try:
        if time.monotonic() >= deadline:
            return Failure(f"the {BOUND} s for all of it were over")
        return run(stack, peer)
    except Failure as failure:
        return failure
    except (OSError, subprocess.SubprocessError) as error:
        return Failure(str(error))
    finally:
        stack.end()
        peer.end()


def taps(boards):
    """One for linux and one for each board."""
    return [f"tap{number}" for number in range(1 + len(boards))]


def _peer_folder(folder, stack):
    """Where the host's programs that talk with `stack` save their files."""
    own = folder / stack.name
    own.mkdir()
    return own


def make_stacks(build, boards, folder, no_tap):
    """The stacks, and a peer for each: the host's programs."""
    if no_tap:
        stacks = [Host(build, folder, "127.0.0.1")]
    else:
        stacks = [Host(build, folder, HOST_IP), Linux(build, folder)]
    for number, board in enumerate(boards):
        tap = None if no_tap else taps(boards)[1 + number]
        stacks.append(Board(build, folder, board, tap, number))
    peers = [Host(build, _peer_folder(folder, stack), stacks[0].address) for stack in stacks]
    return stacks, peers


def _stop_with(name):
    def stop(number, _frame):
        """A signal asks for the end. No exception: it could come in the middle of a lock's work."""
        Program.kill_all_now()
        if Program.folder:
            shutil.rmtree(Program.folder, ignore_errors=True)
        os.write(sys.stderr.fileno(), f"{name}: interrupted\n".encode())
        os._exit(128 + number)

    return stop


def perform(name, script, args, lacking, play):
    """Enters a private network and calls play(args, why there is no TAP or None, folder), whose
    status it returns. args has build, boards, no_tap and outside."""
    if lacking:
        others = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        reason = f"{lacking[0]} is missing{others}"
        sys.exit(f"{name}: {reason}: `make {name}` sees to all that it needs")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_with(name))
    try:
        if args.no_tap:
            no_tap = "--no-tap"
        elif args.outside is None:
            no_tap = network.enter_namespace([script, *sys.argv[1:]])
        else:
            no_tap = network.make(args.outside, taps(args.boards))
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=args.build) as folder:
            Program.folder = folder
            return play(args, no_tap, Path(folder))
    except network.Unusable as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
