"""A virtual machine monitor in one file: the program of a KVM guest. It imports nothing of vmenv.

It is run as `python -I -S -E _kvm_monitor.py MANAGER PIECES MEMORY_FD WORKING_SET_BYTES PIECES_PER_WRITE DISK_FD
[SOCKET_FD]`. It speaks as
`_burn.py` does (R, then a byte G to go, then D), and takes orders when KVM_RUN is interrupted or the work is done: r answers with the
registers, w and registers sets them, d answers with the map of pages that were written to since the last d, m takes pages from the socket
(number, content, ..., END) and answers M, p and a number of 64 bits is other work in place of what is left, so many pieces, and answers P,
o pages its memory out and i that in again, answered by how many pages and how many nanoseconds. After an order it waits for G.

The guest runs in 64-bit mode at user level, which is what machines without VMX run natively (KVM over PVM), on pages of 2 MiB that map
memory to itself. It has one processor, no devices and no interrupts: a byte to port 0x10 says that it is done.

Source: the Linux kernel's Documentation/virt/kvm/api.rst (the calls and their numbers); Intel SDM volume 3, chapters 2 to 5.
"""

import ctypes
import mmap
import os
import select
import signal
import socket
import struct
import sys
import time

PR_SET_PDEATHSIG = 1
CREATE_VM, GET_RUN_SIZE, SUPPORTED_CPUID = 0xAE01, 0xAE04, 0xC008AE05  # of /dev/kvm
CREATE_VCPU, SET_MEMORY, DIRTY_LOG = 0xAE41, 0x4020AE46, 0x4010AE42  # of a machine
RUN, GET_REGS, SET_REGS, GET_SREGS, SET_SREGS, SET_CPUID = 0xAE80, 0x8090AE81, 0x4090AE82, 0x8138AE83, 0x4138AE84, 0x4008AE90
REGS_BYTES, SREGS_BYTES, MOST_CPUID = 144, 312, 200
EXIT_IO, EXIT_AT_ONCE_AT, EXIT_REASON_AT, LOG_DIRTY_PAGES = 2, 1, 8, 1

PAGE_TABLES, CODE, DATA = 0x2000, 0x10000, 0x200000  # where they lie: three pages of tables; the guest writes from DATA on
PAGE_BYTES, READ_BYTES, END, MAP_FIXED = 4096, 2**20, 2**32 - 1, 16
NO_ROOM = 2**64 - 1
MADV_PAGEOUT, MADV_POPULATE_READ = 21, 22  # Linux 5.4 and 5.14
# start: movabs rcx, PIECES   mov eax, 1
# piece: mov edx, 512
# round: imul rax, rax, 1566083941   add rax, rdx   dec edx   jnz round
#        test ecx, PIECES_PER_WRITE - 1   jnz next
#        mov rdx, rax   shr rdx, 30   and rdx, rbx   mov [rsi+rdx], rax     (to a cache line drawn evenly, of rbx + 64 bytes)
# next:  dec rcx   jnz piece   out 0x10, al
# end:   jmp end
HEAD, BEGIN, PIECE, WRITE, NEXT = (
    bytes.fromhex(part)
    for part in (
        "48b9",
        "b801000000",
        "ba000200004869c0658b585d4801d0ffca75f2f7c1",
        "750e4889c248c1ea1e4821da48890416",
        "48ffc975d2e610ebfe",
    )
)
RCX_AT, RIP_AT = 2 * 8, 16 * 8  # in the general registers
PIECE_AT = len(HEAD) + 8 + 5


class Machine:
    """A guest with one processor and the memory that is behind a file descriptor. Once paged out, it has that of another."""

    def __init__(self, pieces: int, memory: int, working_set: int, pieces_per_write: int, disk: int) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
        self._vm = self._ask(kvm, CREATE_VM)
        self.size = os.fstat(memory).st_size
        self._memory = mmap.mmap(memory, self.size)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._ask(self._vm, SET_MEMORY, bytearray(struct.pack("<IIQQQ", 0, LOG_DIRTY_PAGES, 0, self.size, address)))
        self._cpu = self._ask(self._vm, CREATE_VCPU)
        self._run = mmap.mmap(self._cpu, self._ask(kvm, GET_RUN_SIZE))
        cpuid = bytearray(8 + 40 * MOST_CPUID)
        struct.pack_into("<I", cpuid, 0, MOST_CPUID)
        self._ask(kvm, SUPPORTED_CPUID, cpuid)
        self._ask(self._cpu, SET_CPUID, cpuid)
        self._address, self._paged_out = address, bytes(self.size // PAGE_BYTES)
        self._file, self._disk, self._on_disk = memory, disk, False
        self._write_memory(pieces, pieces_per_write)
        self._set_up(working_set)

    def run(self) -> bool:
        """Lets the guest run until it is done, or a signal comes; returns whether it is done."""
        if self._libc.ioctl(self._cpu, ctypes.c_ulong(RUN), 0) < 0:
            self._run[EXIT_AT_ONCE_AT] = 0
            return False
        (reason,) = struct.unpack_from("<I", self._run, EXIT_REASON_AT)
        if reason != EXIT_IO:
            sys.exit(100 + reason)
        return True

    def do_not_run(self) -> None:
        """Has `run` return at once, now or when it is next called: the guest is to wait for an order, and not to go on before that."""
        self._run[EXIT_AT_ONCE_AT] = 1

    def registers(self) -> bytes:
        """Returns all registers."""
        special, general = bytearray(SREGS_BYTES), bytearray(REGS_BYTES)
        self._ask(self._cpu, GET_SREGS, special)
        self._ask(self._cpu, GET_REGS, general)
        return bytes(special + general)

    def set_registers(self, registers: bytes) -> None:
        """Sets all registers."""
        self._ask(self._cpu, SET_SREGS, bytearray(registers[:SREGS_BYTES]))
        self._ask(self._cpu, SET_REGS, bytearray(registers[SREGS_BYTES:]))

    def give(self, pieces: int) -> None:
        """Has it do so many pieces of work from now on; where it writes to next stays as it is."""
        general = bytearray(REGS_BYTES)
        self._ask(self._cpu, GET_REGS, general)
        struct.pack_into("<Q", general, RCX_AT, pieces)
        struct.pack_into("<Q", general, RIP_AT, CODE + PIECE_AT)
        self._ask(self._cpu, SET_REGS, general)

    def page_out(self) -> bytes:
        """Writes the memory to the disk and drops it; returns how many pages were there and are, and how long either took, or NO_ROOM.

        Pages that differ from what is on the disk would not be dropped: only the kernel's own threads write such while they reclaim.
        """
        before, began = self._resident(), time.monotonic_ns()
        if self._disk >= 0 and not self._on_disk:
            try:
                os.posix_fallocate(self._disk, 0, self.size)
            except OSError:
                return struct.pack("<QQQQ", NO_ROOM, 0, 0, 0)
            self._go_to_disk(_runs(before))
        self._memory.flush()
        wrote = time.monotonic_ns()
        self._memory.madvise(MADV_PAGEOUT)
        if self._on_disk:
            os.posix_fadvise(self._disk, 0, 0, os.POSIX_FADV_DONTNEED)  # what the guest has not looked at since it came back
        dropped, after = time.monotonic_ns(), self._resident()
        self._paged_out = bytes(was & ~now for was, now in zip(before, after, strict=True))
        return struct.pack("<QQQQ", sum(before), sum(after), wrote - began, dropped - wrote)

    def _go_to_disk(self, runs: list[tuple[int, int]]) -> None:
        """Has a file on a disk take the place of the memory, at the same address, which KVM knows it by."""
        for start, length in runs:
            os.pwrite(self._disk, self._memory[start : start + length], start)
        os.fsync(self._disk)
        self._libc.mmap.restype = ctypes.c_void_p
        size, both, how = ctypes.c_size_t(self.size), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | MAP_FIXED
        if self._libc.mmap(ctypes.c_void_p(self._address), size, both, how, self._disk, ctypes.c_long(0)) != self._address:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        os.ftruncate(self._file, 0)  # which frees what was there
        os.posix_fadvise(self._disk, 0, 0, os.POSIX_FADV_RANDOM)  # else reading makes large folios, in which writes are dear
        self._on_disk = True

    def page_in(self) -> bytes:
        """Brings back what was paged out last; returns how many pages that were, and how long it took.

        From a file it is read, and not mapped: that costs the same in faults, whether it is done here or as the guest goes on.
        """
        before, began = self._resident(), time.monotonic_ns()
        for start, length in _runs(self._paged_out):
            if not self._on_disk:
                self._memory.madvise(MADV_POPULATE_READ, start, length)
            for place in range(start, start + length, READ_BYTES) if self._on_disk else ():
                os.pread(self._disk, min(READ_BYTES, start + length - place), place)
        done = time.monotonic_ns()
        return struct.pack("<QQ", sum(self._resident()) - sum(before), done - began)

    def _resident(self) -> bytes:
        """Returns 1 for each page that is in the machine's memory, and 0 for each that is not."""
        told = (ctypes.c_ubyte * (self.size // PAGE_BYTES))()
        if self._libc.mincore(ctypes.c_void_p(self._address), ctypes.c_size_t(self.size), told) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return bytes(page & 1 for page in told)

    def written(self) -> bytes:
        """Returns a bit for each page, whether it was written to since this was last asked."""
        pages = bytearray(self.size >> 15)
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        self._ask(self._vm, DIRTY_LOG, bytearray(struct.pack("<IIQ", 0, 0, address)))
        return bytes(pages)

    def receive(self, channel: int) -> None:
        """Takes pages from a socket until END comes; ends the program where the other side does."""
        with socket.socket(fileno=channel) as connection, connection.makefile("rb", 1 << 20) as pages:
            while (number := struct.unpack("<I", pages.read(4).ljust(4, b"\0"))[0]) != END:
                page = pages.read(PAGE_BYTES)
                if len(page) < PAGE_BYTES or number >= self.size // PAGE_BYTES:
                    sys.exit(1)
                self._memory[number * PAGE_BYTES : (number + 1) * PAGE_BYTES] = page

    def _write_memory(self, pieces: int, pieces_per_write: int) -> None:
        present, writable, user, large = 1, 2, 4, 0x80
        tables = [(PAGE_TABLES, [PAGE_TABLES + 0x1000]), (PAGE_TABLES + 0x1000, [PAGE_TABLES + 0x2000])]
        for place, entries in tables:
            self._memory[place : place + 8] = struct.pack("<Q", entries[0] | present | writable | user)
        for k in range(self.size >> 21):
            place = PAGE_TABLES + 0x2000 + 8 * k
            self._memory[place : place + 8] = struct.pack("<Q", (k << 21) | present | writable | user | large)
        code = HEAD + struct.pack("<Q", pieces) + BEGIN + piece(pieces_per_write) + NEXT
        self._memory[CODE : CODE + len(code)] = code

    def _set_up(self, working_set: int) -> None:
        special = bytearray(SREGS_BYTES)
        self._ask(self._cpu, GET_SREGS, special)
        special[: 6 * 24] = _segment(0x33, code=True) + _segment(0x2B, code=False) * 5  # cs; ds es fs gs ss
        paging_on, pae, long_mode = 0x8005_0033, 0x20, 0x501
        struct.pack_into("<QQQQQQ", special, 224, paging_on, 0, PAGE_TABLES, pae, 0, long_mode)  # cr0 cr2 cr3 cr4 cr8 efer
        mask, may_do_io = max(64, working_set) - 64, 0x3002
        general = struct.pack("<18Q", 0, mask, 0, 0, DATA, *[0] * 11, CODE, may_do_io)  # rax rbx rcx rdx rsi ... rip rflags
        self.set_registers(bytes(special) + general)

    def _ask(self, file: int, call: int, given: bytearray | None = None) -> int:
        pointer = None if given is None else (ctypes.c_char * len(given)).from_buffer(given)
        got = self._libc.ioctl(file, ctypes.c_ulong(call), pointer)
        if got < 0:
            raise OSError(ctypes.get_errno(), f"{os.strerror(ctypes.get_errno())} (KVM call {call:#x})")
        return int(got)


def piece(pieces_per_write: int) -> bytes:
    """Returns the code of a piece of work, from `piece` to `next` above: the same for all virtual machines of ours."""
    return PIECE + struct.pack("<I", pieces_per_write - 1) + WRITE


def _runs(pages: bytes) -> list[tuple[int, int]]:
    """Returns where each run of ones begins and how long it is, in bytes of memory."""
    runs, end = [], 0
    while (start := pages.find(1, end)) >= 0:
        end = pages.find(0, start)
        end = len(pages) if end < 0 else end
        runs.append((start * PAGE_BYTES, (end - start) * PAGE_BYTES))
    return runs


def _segment(selector: int, *, code: bool) -> bytes:
    """Returns a flat segment of user level."""
    kind, long, user_level = (11, 1, 3) if code else (3, 0, 3)
    return struct.pack("<QIHBBBBBBBBBB", 0, 0xFFFFFFFF, selector, kind, 1, user_level, 0 if code else 1, 1, long, 1, 0, 0, 0)


def _take_orders(machine: Machine, channel: int) -> bool:
    """Does what the manager orders until it says to go on; returns whether the registers are others now."""
    changed = False
    while True:
        order = os.read(0, 1)
        if order == b"r":
            os.write(1, machine.registers())
        elif order == b"w":
            given = b""
            while len(given) < SREGS_BYTES + REGS_BYTES:
                given += os.read(0, SREGS_BYTES + REGS_BYTES - len(given)) or sys.exit(1)
            machine.set_registers(given)
            changed = True
            os.write(1, b"W")
        elif order == b"p":
            machine.give(*struct.unpack("<Q", os.read(0, 8)))
            changed = True
            os.write(1, b"P")
        elif order == b"o":
            os.write(1, machine.page_out())
        elif order == b"i":
            os.write(1, machine.page_in())
        elif order == b"d":
            os.write(1, machine.written())
        elif order == b"m":
            machine.receive(channel)
            os.write(1, b"M")
        elif order == b"G":
            return changed
        else:
            sys.exit(0)


def main() -> None:
    """Runs the guest that the command line describes."""
    manager, pieces, memory, working_set, pieces_per_write, disk, channel = (int(word) for word in [*sys.argv[1:], "-1"][:7])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != manager:
        return
    machine = Machine(pieces, memory, working_set, pieces_per_write, disk)
    signal.signal(signal.SIGUSR1, lambda *_: machine.do_not_run())
    os.write(1, b"R")
    _take_orders(machine, channel)
    done = False
    while True:
        if not done and machine.run():
            done = True
            os.write(1, b"D")
        if (done or select.select([0], [], [], 0)[0]) and _take_orders(machine, channel):
            done = False


if __name__ == "__main__":
    main()
