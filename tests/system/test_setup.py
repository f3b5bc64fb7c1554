# SPDX-License-Identifier: BSD-3-Clause
"""Set-up from nothing and set-up again: port/setup/lwip, port/setup/packages and make."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LWIP = ROOT / "port/setup/lwip"
PACKAGES = ROOT / "port/setup/packages"
TARBALL = ROOT / "build/download/lwip_2.2.1+dfsg1.orig.tar.xz"
SECONDS = 60
LOCK = ".lwip.lock"


def run(command, **variables):
    """Runs a command to its end, without what make or the user said to the tests themselves."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("LWIP_", "MAKE", "MFLAGS"))}
    environment.update({key: str(value) for key, value in variables.items()})
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=environment, timeout=SECONDS,
                          check=False)


def lines(text):
    return text.splitlines()


def namespace(options):
    """The unshare command that works here: as it is for root, with a user namespace for others."""
    for prefix in (["unshare", f"-{options}"], ["unshare", f"-Ur{options}"]):
        if shutil.which("unshare") and run([*prefix, "true"]).returncode == 0:
            return prefix
    pytest.skip(f"no namespace ({options}) for this user here")


@pytest.fixture
def tarball():
    if not TARBALL.exists():
        pytest.skip("lwIP was not downloaded here (LWIP_DIR or LWIP_TARBALL)")
    return TARBALL


@pytest.fixture
def tampered(tarball, tmp_path):
    copy = tmp_path / "tampered.tar.xz"
    data = bytearray(tarball.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    return copy


@pytest.fixture
def no_retries(tmp_path):
    conf = tmp_path / "apt.conf"
    conf.write_text('Acquire::Retries "0";\n')
    return {"APT_CONFIG": conf}


def assert_left_nothing(folder):
    """No tree, no temporary folder, no half a tarball: at most the lock and an empty folder."""
    left = {path.name for path in folder.rglob("*")} if folder.exists() else set()
    assert left <= {LOCK, "download"}


# -------------------------------------------------------------------------------------------- lwip


def test_second_run_needs_no_network_and_changes_nothing(tarball, tmp_path):
    dest = tmp_path / "build/lwip"
    first = run([*namespace("n"), LWIP, dest], LWIP_TARBALL=tarball)
    assert (first.returncode, first.stderr) == (0, "")
    assert run([LWIP, "--check", dest]).returncode == 0
    before = {path: path.lstat().st_ctime_ns for path in dest.rglob("*")}
    assert len(before) > 500

    second = run([*namespace("n"), LWIP, dest])
    assert (second.returncode, second.stdout + second.stderr) == (0, "")
    assert {path: path.lstat().st_ctime_ns for path in dest.rglob("*")} == before


def products():
    """What make has built, and when each file was written."""
    found = {}
    for path in (ROOT / "build").glob("*/**/*"):
        if path.suffix in (".o", ".a", ".elf", ".bin") or path.parent.name in ("host", "linux"):
            if path.is_file():
                found[path] = path.stat().st_mtime_ns
    return found


def test_second_make_needs_no_network_and_rebuilds_nothing():
    before = products()
    if not before:
        pytest.skip("nothing is built here: run make first")
    kept = {name: os.environ[name] for name in ("LWIP_DIR", "CC") if name in os.environ}
    result = run([*namespace("n"), "make", "-C", ROOT, "all"], **kept)
    assert result.returncode == 0, result.stdout + result.stderr
    assert products() == before


def test_downloaded_tarball_is_used_again_without_network(tarball, tmp_path):
    folder = tmp_path / "build"
    (folder / "download").mkdir(parents=True)
    shutil.copy(tarball, folder / "download")
    result = run([*namespace("n"), LWIP, folder / "lwip"])
    assert (result.returncode, result.stderr) == (0, "")
    assert (folder / "lwip/src/include/lwip/init.h").exists()


def test_tampered_tarball_is_refused_in_one_line(tampered, tmp_path):
    result = run([LWIP, tmp_path / "build/lwip"], LWIP_TARBALL=tampered)
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1 and "wrong sha256" in result.stderr
    assert_left_nothing(tmp_path / "build")


def test_missing_tarball_is_one_line(tmp_path):
    result = run([LWIP, tmp_path / "build/lwip"], LWIP_TARBALL=tmp_path / "none.tar.xz")
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1 and "cannot read" in result.stderr
    assert_left_nothing(tmp_path / "build")


def test_tampered_download_is_not_trusted(tampered, tmp_path, no_retries):
    folder = tmp_path / "build"
    (folder / "download").mkdir(parents=True)
    shutil.copy(tampered, folder / "download" / TARBALL.name)
    result = run([*namespace("n"), LWIP, folder / "lwip"], **no_retries)
    assert result.returncode == 1
    assert "wrong sha256: fetching it again" in lines(result.stderr)[0]
    assert not (folder / "lwip").exists()


def test_full_disk_is_one_line_and_leaves_nothing(tarball, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = """
        mount -t tmpfs -o size=2m none "$1" || exit 77
        "$2" "$1/lwip"
        status=$?
        ls -A "$1"
        exit "$status"
    """
    result = run([*namespace("m"), "sh", "-c", script, "sh", disk, LWIP], LWIP_TARBALL=tarball)
    if result.returncode == 77:
        pytest.skip("no tmpfs in a private mount namespace here")
    assert result.returncode == 1
    assert lines(result.stderr) == [f"port/setup/lwip: no space left in {disk}"]
    assert lines(result.stdout) == [LOCK]


@pytest.mark.skipif(not shutil.which("apt-get"), reason="no apt-get on this distribution")
def test_no_network_is_one_line_and_leaves_nothing(tmp_path, no_retries):
    result = run([*namespace("n"), LWIP, tmp_path / "build/lwip"], **no_retries)
    assert result.returncode == 1
    started, failed = lines(result.stderr)
    assert "fetching lwIP 2.2.1" in started
    assert "cannot fetch lwIP 2.2.1 (is there a network?)" in failed
    assert_left_nothing(tmp_path / "build")


def fake(folder, name, script):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)


def fake_mirror(folder, update="exit 0", source="exit 0"):
    """An apt-get that knows one mirror and does as told for update and source."""
    fake(folder, "apt-get", f"""
case "$*" in
indextargets*) echo "anywhere main file:/nowhere" ;;
*update*) {update} ;;
*source*) {source} ;;
esac
""")
    return {"PATH": f"{folder}:{os.environ.get('PATH', '/usr/bin:/bin')}"}


@pytest.mark.parametrize("update, source", [
    ("echo \"E: The repository 'x' does not have a Release file.\"; exit 100", "exit 0"),
    ("exit 0", "echo 'E: Unable to find a source package for lwip'; exit 100"),
    ("exit 0", "touch lwip_2.1.3.orig.tar.xz"),
])
def test_mirror_without_lwip_names_the_upstream_release(tmp_path, update, source):
    result = run([LWIP, tmp_path / "build/lwip"], **fake_mirror(tmp_path / "bin", update, source))
    assert result.returncode == 1
    last = lines(result.stderr)[-1]
    assert "STABLE-2_2_1" in last and "LWIP_DIR=" in last
    assert_left_nothing(tmp_path / "build")


def test_mirror_with_other_bytes_is_refused(tampered, tmp_path):
    mirror = fake_mirror(tmp_path / "bin", source=f"cp '{tampered}' {TARBALL.name}")
    result = run([LWIP, tmp_path / "build/lwip"], **mirror)
    assert result.returncode == 1
    assert "wrong sha256" in lines(result.stderr)[-1]
    assert_left_nothing(tmp_path / "build")


def test_interrupted_download_leaves_nothing(tmp_path):
    started = tmp_path / "started"
    os.mkfifo(started)
    mirror = fake_mirror(tmp_path / "bin", update=f"echo > '{started}'; exec sleep {SECONDS}")
    # A shell in the background lets its children ignore SIGINT: not this one.
    command = ["env", "--default-signal=INT", str(LWIP), str(tmp_path / "build/lwip")]
    process = subprocess.Popen(command, env={**os.environ, **mirror}, stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        descriptor = os.open(started, os.O_RDONLY | os.O_NONBLOCK)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                if os.read(descriptor, 1):
                    break
            except BlockingIOError:
                pass
            assert time.monotonic() < deadline and process.poll() is None, "no download started"
            time.sleep(0.01)
        os.close(descriptor)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(SECONDS) == 130
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert_left_nothing(tmp_path / "build")


def test_leftover_of_a_killed_run_is_removed(tarball, tmp_path):
    leftover = tmp_path / "build/.lwip.tmp.abcdef"
    (leftover / "tree").mkdir(parents=True)
    assert run([LWIP, tmp_path / "build/lwip"], LWIP_TARBALL=tarball).returncode == 0
    assert not leftover.exists()


def test_two_runs_at_once_agree(tarball, tmp_path):
    dest = tmp_path / "build/lwip"
    environment = {**os.environ, "LWIP_TARBALL": str(tarball)}
    both = [subprocess.Popen([str(LWIP), str(dest)], env=environment, stderr=subprocess.PIPE,
                             text=True) for _ in range(2)]
    said = [process.communicate(timeout=SECONDS)[1] for process in both]
    assert (said, [process.returncode for process in both]) == (["", ""], [0, 0])
    assert run([LWIP, "--check", dest]).returncode == 0


def test_a_folder_that_is_not_ours_is_left_alone(tarball, tmp_path):
    mine = tmp_path / "build/lwip/mine.c"
    mine.parent.mkdir(parents=True)
    mine.write_text("int mine;\n")
    result = run([LWIP, mine.parent], LWIP_TARBALL=tarball)
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1 and "not made by this script" in result.stderr
    assert mine.read_text() == "int mine;\n"


@pytest.mark.parametrize("header, complaint", [
    ("#define LWIP_VERSION_MAJOR 2\n#define LWIP_VERSION_MINOR 2\n#define LWIP_VERSION 1\n", None),
    ("/** major */\n#define LWIP_VERSION_MAJOR      2\n#define LWIP_VERSION_MINOR      2\n", None),
    ("#define LWIP_VERSION_MAJOR 2\n#define LWIP_VERSION_MINOR 1\n", "holds lwIP 2.1, not 2.2"),
    ("#define LWIP_VERSION_MAJOR 12\n#define LWIP_VERSION_MINOR 2\n", "holds lwIP 12.2, not 2.2"),
    ("", "of an unknown version"),
    (None, "is no lwIP tree"),
])
def test_check_of_a_users_tree(tmp_path, header, complaint):
    if header is not None:
        path = tmp_path / "src/include/lwip/init.h"
        path.parent.mkdir(parents=True)
        path.write_text(header)
    result = run([LWIP, "--check", tmp_path])
    if complaint is None:
        assert (result.returncode, result.stderr) == (0, "")
    else:
        assert result.returncode == 1
        assert len(lines(result.stderr)) == 1 and complaint in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--check"], ["a", "b"]])
def test_lwip_usage(arguments):
    result = run([LWIP, *arguments])
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1 and "usage:" in result.stderr


# ---------------------------------------------------------------------------------------- packages

TOOLS = "sh awk grep cut sed paste dirname env".split()


class Machine:
    """A PATH with nothing but the script's needs, and fakes that log what was asked of them."""

    def __init__(self, folder, user):
        self.log, self.state, self.bin = folder / "log", folder / "installed", folder / "bin"
        self.bin.mkdir()
        self.log.write_text("")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        fake(self.bin, "id", f"echo {user}\n")
        fake(self.bin, "dpkg-query", f"""
while read -r name; do echo "installed $name"; done < '{self.state}'
exit 1
""")
        fake(self.bin, "apt-get", f"""
echo "apt-get $* [$DEBIAN_FRONTEND]" >> '{self.log}'
case "$*" in *install*) for word; do echo "$word"; done >> '{self.state}' ;; esac
""")
        self.os_release = folder / "os-release"
        self.os_release.write_text("ID=debian\n")

    def install(self, names):
        self.state.write_text("".join(f"{name}\n" for name in names))

    def run(self, *groups):
        return run([PACKAGES, *groups], PATH=self.bin, OS_RELEASE=self.os_release)

    def asked(self):
        return lines(self.log.read_text())


def packages_of(*groups):
    found, group = {}, None
    for line in (ROOT / "port/setup/packages.txt").read_text().splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#") and group in groups:
            name, probe = line.split()
            found[name] = probe
    return found


@pytest.fixture
def root_machine(tmp_path):
    return Machine(tmp_path, 0)


@pytest.fixture
def user_machine(tmp_path):
    return Machine(tmp_path, 1000)


@pytest.mark.parametrize(
    "groups",
    [["build"], ["boards"], ["tests"], ["lint"], ["browser"], ["build", "lint"]],
)
def test_nothing_missing_asks_nothing(user_machine, groups):
    user_machine.install(packages_of(*groups))
    result = user_machine.run(*groups)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    assert user_machine.asked() == []


def test_default_groups_are_what_demo_and_test_need(root_machine):
    root_machine.install([])
    assert root_machine.run().returncode == 0
    asked = root_machine.asked()[1].split(" install ")[1].split(" [")[0]
    assert asked.split() == list(packages_of("build", "boards", "tests"))


def test_missing_packages_are_named_and_installed_by_root(root_machine):
    root_machine.install(set(packages_of("build")) - {"make", "xz-utils"})
    result = root_machine.run("build")
    assert result.returncode == 0
    assert lines(result.stderr) == ["port/setup/packages: installing with apt-get: make xz-utils"]
    update, install = root_machine.asked()
    assert " update " in update
    assert install.startswith("apt-get ") and " -y --no-install-recommends " in install
    assert install.endswith(" install make xz-utils [noninteractive]")


def test_a_user_installs_through_sudo(user_machine):
    fake(user_machine.bin, "sudo", f"echo \"sudo $*\" >> '{user_machine.log}'; exec \"$@\"\n")
    user_machine.install([name for name in packages_of("lint") if name != "shellcheck"])
    result = user_machine.run("lint")
    assert result.returncode == 0
    assert lines(result.stderr) == ["port/setup/packages: installing with sudo apt-get: shellcheck"]
    assert [line.split()[0] for line in user_machine.asked()] == ["sudo", "apt-get"] * 2


def test_without_sudo_the_command_to_run_is_said(user_machine):
    user_machine.install([name for name in packages_of("boards") if name != "qemu-system-arm"])
    result = user_machine.run("boards")
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1
    assert result.stderr.endswith("apt-get install -y --no-install-recommends qemu-system-arm\n")
    assert user_machine.asked() == []


@pytest.mark.parametrize("script, complaint", [
    ("echo Reading; echo 'E: Unable to locate package gcc' >&2; exit 100", "E: Unable to locate"),
    ("echo 'E: write (28: No space left on device)' >&2; exit 100", "no space left on this system"),
    ("exit 0", "reported success, yet these are missing: gcc "),
])
def test_failed_installation_is_one_more_line(root_machine, script, complaint):
    root_machine.install([])
    fake(root_machine.bin, "apt-get", script + "\n")
    result = root_machine.run("build")
    assert result.returncode == 1
    announced, failed = lines(result.stderr)
    assert "installing" in announced and complaint in failed


def test_other_distribution_gets_one_list(user_machine):
    user_machine.os_release.write_text("ID=fedora\n")
    user_machine.install([])
    fake(user_machine.bin, "make", "exit 0\n")
    fake(user_machine.bin, "qemu-system-arm", "exit 0\n")
    result = user_machine.run("build", "boards")
    assert result.returncode == 1
    first, *listed = lines(result.stderr)
    assert "Install these" in first
    expected = packages_of("build", "boards")
    assert [line.split(" package ")[1] for line in listed] == [
        name + ")" for name in expected if name not in ("make", "qemu-system-arm")]
    assert user_machine.asked() == []


def test_other_distribution_with_all_tools_goes_on(tmp_path):
    """The real tools of this machine, which the tests need anyway, seen without dpkg."""
    os_release = tmp_path / "os-release"
    os_release.write_text('ID=arch\nNAME="no apt here"\n')
    result = run([PACKAGES, "build", "boards", "tests"], OS_RELEASE=os_release)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("content, apt", [
    ("ID=debian", True), ("ID=ubuntu\nID_LIKE=debian", True),
    ('ID=linuxmint\nID_LIKE="ubuntu debian"', True), ("ID=fedora", False),
    ('ID=arch\nHOME_URL="debian"', False), ("", False),
])
def test_apt_is_used_on_debian_and_its_kin_only(root_machine, content, apt):
    root_machine.os_release.write_text(content + "\n")
    root_machine.install([])
    result = root_machine.run("build")
    assert result.returncode == (0 if apt else 1)
    assert bool(root_machine.asked()) == apt


def test_unknown_group_is_one_line(root_machine):
    result = root_machine.run("build", "kitchen")
    assert result.returncode == 1
    assert len(lines(result.stderr)) == 1 and "'kitchen'" in result.stderr
