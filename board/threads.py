# SPDX-License-Identifier: BSD-3-Clause
"""Commands for gdb that know the thread kernel (port/cortex-m/kernel.h) and its jobs.

    threads             each thread: state, priority, stack used and size, what it waits for
    thread-bt NAME      backtrace of the threads called so, or of the one with that number
    jobs                the programs that run

Works on any target that gdb can stop; the program on it needs no help. A thread that does not run
has its registers on its stack, where PendSV_Handler put them (kernel_arch.c). To unwind one, the
core's registers are set to them for a moment. The high water of a stack is found by its paint.
"""

import contextlib

import gdb

OF_SWITCH = ("r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11")  # saved by PendSV_Handler
OF_HARDWARE = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")  # DDI 0403, B1.5.6
RESTORED = (*OF_HARDWARE[:-1], *OF_SWITCH, "sp")
XPSR_REALIGNED = 1 << 9  # the hardware left a word out to align the frame

STATES = ("ready", "blocked", "ending", "ended")  # enum thread_state
BLOCKED = 1
# What a thread waits for, by the kernel's function that blocks it.
KINDS = {
    "semaphore_wait": "semaphore",
    "mutex_lock": "mutex",
    "mailbox_fetch": "mailbox",
    "mailbox_post": "room in mailbox",
    "thread_join": "end of",
    "thread_sleep": "",
}
KERNEL_FILES = ("kernel.c", "kernel_sync.c", "kernel_thread.c", "kernel_arch.c", "sys_arch.c")


def evaluate(expression):
    return gdb.parse_and_eval(expression)


def all_threads():
    """Values of type struct thread, the oldest first."""
    try:
        if not evaluate("'kernel.c'::running"):
            raise gdb.GdbError("the kernel does not run yet")
        pointer = evaluate("'kernel_thread.c'::all")
    except gdb.MemoryError as error:
        raise gdb.GdbError(str(error)) from None
    except gdb.error as error:
        raise gdb.GdbError(f"no thread kernel here: {error}") from None
    found = []
    while pointer:
        found.insert(0, pointer.dereference())
        pointer = pointer["next_all"]
    return found


def words_at(address, count):
    memory = bytes(gdb.selected_inferior().read_memory(address, 4 * count))
    return [int.from_bytes(memory[at : at + 4], "little") for at in range(0, 4 * count, 4)]


def is_current(thread):
    return int(thread.address) == int(evaluate("kernel_current"))


@contextlib.contextmanager
def registers_of(thread):
    """Within it the core has the registers with which the thread will go on."""
    if is_current(thread):
        yield
        return
    frame = int(thread["sp"])
    registers = dict(zip((*OF_SWITCH, *OF_HARDWARE), words_at(frame, 16)))
    realigned = 4 if registers.pop("xpsr") & XPSR_REALIGNED else 0
    registers["sp"] = frame + 4 * 16 + realigned
    gdb.newest_frame().select()
    before = {name: int(evaluate(f"(unsigned int) ${name}")) for name in RESTORED}
    try:
        for name, value in registers.items():
            gdb.execute(f"set ${name} = {value}", to_string=True)
        yield
    finally:
        for name, value in before.items():
            gdb.execute(f"set ${name} = {value}", to_string=True)


def frames():
    """Those of the thread whose registers are set, the newest first: its entry function was
    "called" by thread_exit(), which is no frame."""
    first = int(evaluate("(unsigned int) &thread_exit")) & ~1
    frame, found = gdb.newest_frame(), []
    while frame is not None and frame.pc() & ~1 != first and len(found) < 100:
        found.append(frame)
        frame = frame.older()
    return found


def stack_used(thread):
    """As thread_stack_used(): the paint is what still lies at the bottom of the idle thread's."""
    words = words_at(int(thread["stack"]), int(thread["stack_size"]) // 4)
    paint = words_at(int(all_threads()[0]["stack"]), 1)[0]
    unused = next((at for at, word in enumerate(words) if at > 0 and word != paint), len(words))
    return 4 * (len(words) - unused)


def member_at(kind, offset):
    """The path of members and indices that leads to the kernel object around an offset."""
    kind = kind.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY:
        element = kind.target()
        index = offset // element.sizeof
        return f"[{index}]" + member_at(element, offset - index * element.sizeof)
    if kind.code == gdb.TYPE_CODE_STRUCT and kind.tag not in ("semaphore", "mutex", "mailbox"):
        for field in kind.fields():
            begin = field.bitpos // 8
            if begin <= offset < begin + field.type.sizeof and field.name != "kernel":
                return f".{field.name}" + member_at(field.type, offset - begin)
    return ""


def name_of(address):
    """How the program calls what lies there; its address when that has no name."""
    said = gdb.execute(f"info symbol {address:#x}", to_string=True)
    if said.startswith("No symbol"):
        return f"{address:#x}"
    name = said.split()[0]
    symbols = [gdb.lookup_global_symbol(name), *gdb.lookup_static_symbols(name)]
    for symbol in symbols:
        if symbol is not None and symbol.is_variable:
            begin = int(symbol.value().address)
            offset = address - begin
            if 0 <= offset < symbol.type.sizeof:
                member = member_at(symbol.type, offset)
                is_byte = symbol.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY and (
                    symbol.type.strip_typedefs().target().sizeof == 1
                )
                return f"{address:#x}" if is_byte else name + member
    return f"{address:#x}"


def time_left(thread):
    """ms until the wait times out, at most, or None when it does not."""
    if not thread["timed"]:
        return None
    left, pointer = 0, evaluate("'kernel.c'::timers.head")
    while pointer:
        left += int(pointer["timer_delta"])
        if int(pointer) == int(thread.address):
            return left
        pointer = pointer["timer_next"]
    return None


def object_of(thread, kind, threads):
    """The name of what it waits for."""
    listed = int(thread["list"])
    if kind == "mutex":
        owner = thread["blocked_by"]["owner"]
        of = f" of {owner['name'].string()}" if owner else ""
        return name_of(int(thread["blocked_by"])) + of
    if kind == "end of":
        for number, other in enumerate(threads):
            if int(other["joiners"].address) == listed:
                return f"thread {number}, {other['name'].string()}"
    return name_of(listed)


def waits_for(thread, threads):
    if int(thread["state"]) != BLOCKED:
        return ""
    with registers_of(thread):
        called = [
            (frame.name(), frame.find_sal().symtab.filename.rpartition("/")[2])
            for frame in frames()
            if frame.name() and frame.find_sal().symtab
        ]
    kind = next((KINDS[name] for name, _ in called if name in KINDS), "something")
    caller = next((name for name, file in called if file not in KERNEL_FILES), None)
    left = time_left(thread)
    words = [kind, object_of(thread, kind, threads)] if kind else []
    words += [f"{left} ms at most" if words else f"{left} ms to sleep"] if left is not None else []
    words += [f"in {caller}"] if caller else []
    return ", ".join([" ".join(words[:2]), *words[2:]] if kind else words)


class Threads(gdb.Command):
    """threads: what each thread of the kernel is doing."""

    def __init__(self):
        super().__init__("threads", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        threads = all_threads()
        print("   #  name          state     prio  stack used  waits for")
        for number, thread in enumerate(threads):
            running = is_current(thread)
            state = "running" if running else STATES[int(thread["state"])]
            if state == "blocked" and not thread["list"]:
                state = "sleeping"
            prio, base = int(thread["priority"]), int(thread["base_priority"])
            used = f"{stack_used(thread)}/{int(thread['stack_size'])}"
            print(
                f"{'*' if running else ' '} {number:>2}  {thread['name'].string():<12}"
                f"  {state:<8}  {prio}{f' ({base})' if prio != base else '':<4} {used:>10}"
                f"  {waits_for(thread, threads)}".rstrip()
            )


class ThreadBacktrace(gdb.Command):
    """thread-bt NAME|NUMBER: the backtrace of a thread of the kernel."""

    def __init__(self):
        super().__init__("thread-bt", gdb.COMMAND_STACK)

    def invoke(self, argument, _from_tty):
        wanted, threads = argument.strip(), all_threads()
        if not wanted:
            raise gdb.GdbError("thread-bt: which thread? (threads lists them)")
        found = [
            (number, thread)
            for number, thread in enumerate(threads)
            if wanted in (thread["name"].string(), str(number))
        ]
        if not found:
            raise gdb.GdbError(f"thread-bt: no thread '{wanted}' (threads lists them)")
        for number, thread in found:
            print(f"thread {number}, {thread['name'].string()}:")
            with registers_of(thread):
                count = len(frames())
                gdb.newest_frame().select()
                gdb.execute(f"backtrace {count}")

    def complete(self, text, word):
        with contextlib.suppress(gdb.error):
            names = {thread["name"].string() for thread in all_threads()}
            return sorted(name for name in names if name.startswith(text))
        return gdb.COMPLETE_NONE


class Jobs(gdb.Command):
    """jobs: the programs that run, with their arguments."""

    def __init__(self):
        super().__init__("jobs", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        all_threads()  # or there are none
        print("  pid  threads  state    command")
        table = evaluate("'job.c'::jobs")
        for index in range(table.type.range()[1] + 1):
            job = table[index]
            if not job["app"]:
                continue
            count = int(job["argc"]) if job["argv"] else 0
            words = " ".join(job["argv"][n].string() for n in range(count))
            state = f"over {int(job['status'])}" if job["over"] else "runs"
            print(f"{int(job['pid']):>5}  {int(job['live']):>7}  {state:<7}  {words}")


# Every program of the image has a main(), and each is called by the port.
gdb.execute("set backtrace past-main on")
Threads()
ThreadBacktrace()
Jobs()
