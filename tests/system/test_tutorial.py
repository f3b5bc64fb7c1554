# SPDX-License-Identifier: BSD-3-Clause
"""tests/tutorial: each heading of the tutorial is shown, and README.md tells what is so."""

import subprocess

import pytest

from stacks import BUILD, REPO

TUTORIAL = REPO / "tests" / "tutorial"
BOUND = 300  # seconds
ONE = "udp sends data: fixed"


def run(folder, *arguments):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [TUTORIAL, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)},
        timeout=BOUND,
        check=False,
    )
    assert list(folder.iterdir()) == []
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def build(tmp_path):
    """A build folder like the real one, where a program may be another one."""

    def make(name, script):
        folder = tmp_path / "build"
        for path in BUILD.glob("*/*"):
            if path.is_file() or path.name == "probes":
                link = folder / path.relative_to(BUILD)
                link.parent.mkdir(parents=True, exist_ok=True)
                if str(path.relative_to(BUILD)) != name:
                    link.symlink_to(path)
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
        return folder

    return make


def test_the_table_in_readme_is_what_the_stacks_say(network, tmp_path):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    status, out, err = run(tmp_path / "here", "--build", str(BUILD), "--check")
    assert (status, err) == (0, ""), out
    assert "FAILED" not in out


def test_what_is_not_so_is_noticed(network, tmp_path, build):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    lie = "#!/bin/sh\necho 'sent 6 bytes 192.168.77.1:1 -> 192.168.77.1:2'\n"
    folder = build("host/udp-send", lie)
    status, out, err = run(tmp_path / "here", "--build", str(folder), "--only", ONE)
    assert status == 1 and "host         FAILED" in out
    assert err.startswith(f"tutorial: {ONE}, host: host's udp-recv did not say what was expected")
    assert len(err.splitlines()) == 1


def test_what_is_missing_is_named(tmp_path):
    status, out, err = run(tmp_path / "here", "--build", str(tmp_path / "none"))
    assert (status, out) == (1, "")
    assert "none/host/udp-send is missing (and " in err and "`make tutorial`" in err
