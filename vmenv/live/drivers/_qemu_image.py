"""The guest that QEMU boots: a multiboot image made of the same piece of work as the guest of the KVM driver. No compiler is needed.

It goes into 64-bit mode and on to user level, which is what machines without VMX run natively (KVM over PVM) and interpret otherwise, with
the segments that these know (0x33 and 0x2b). It has no interrupts and needs no devices: bytes to port 0x10 say that it is ready (R) and
done (D).

Between two pieces it looks whether it is held, at a place of its memory that the manager shares: while it is, it writes down how much is
left and goes no further. So QEMU can be let run, to answer its monitor, without the guest. It is held when it boots.

Source: the Multiboot specification 0.6.96; Intel SDM volume 3, chapters 3, 4 and 10.
"""

from __future__ import annotations

import mmap
import struct

from vmenv.live.drivers._kvm_monitor import BEGIN, HEAD, piece
from vmenv.live.drivers._moving import PAGE_BYTES

IMAGE, DATA = 0x100000, 0x200000  # where it lies, and what it writes to from there on
CODE, DESCRIPTORS = 0x40, 0x200  # within the image, behind the header
TABLES, CONTROL = 0x1000, 0x4000  # likewise: three pages; a page of two numbers
HELD_AT, LEFT_AT = IMAGE + CONTROL, IMAGE + CONTROL + 8
CONTROL_PAGE = HELD_AT // PAGE_BYTES
UNTOLD = 2**64 - 1  # is never left
MAGIC, LOADED_AS_IS = 0x1BADB002, 0x10000
STACK = 0x1000  # five words, once

# 32 bit:  mov eax, TABLES   mov cr3, eax   mov eax, 0x20   mov cr4, eax         (page tables, of large pages)
#          mov ecx, 0xc0000080   mov eax, 0x100   xor edx, edx   wrmsr           (EFER.LME)
#          lgdt [DESCRIPTORS]   mov eax, 0x80000011   mov cr0, eax   jmp 0x08:LONG
TO_64_BIT = (
    "b8 {tables} 0f22d8  b8 20000000 0f22e0  b9 800000c0 b8 00010000 31d2 0f30  0f0115 {descriptors} b8 11000080 0f22c0  ea {long} 0800"
)
# 64 bit:  mov esp, STACK   push 0x2b   push 0   push 0x3002   push 0x33   push USER   iretq       (it may do I/O, uninterrupted)
TO_USER_LEVEL = "bc {stack} 6a2b 6a00 68 02300000 6a33 68 {user} 48cf"
# user:    mov rsi, DATA   mov rbx, MASK   mov rdi, HELD_AT   mov al, 'R'   out 0x10, al
READY = "48be {data} 48bb {mask} 48bf {held} b052 e610"
# begin:   mov rcx, PIECES + 1   mov eax, 1   jmp next
# piece:   ... as in `_kvm_monitor`, to
# next:    cmp byte [rdi], 0   je go   mov [rdi + 8], rcx   jmp next
# go:      dec rcx   jnz piece   mov [rdi + 8], rcx   mov al, 'D'   out 0x10, al
# end:     jmp end
NEXT = "803f00 7406 48894f08 ebf5  48ffc9 75 {back} 48894f08 b044 e610 ebfe"
BACK_AT = 16  # in NEXT: where the jump to `piece` is counted from


def image(pieces: int, working_set_bytes: int, pieces_per_write: int) -> bytes:
    """Returns a multiboot image of a guest that has so many pieces of work to do."""
    long = IMAGE + CODE + len(_code(TO_64_BIT, tables=0, descriptors=0, long=0))
    user = long + len(_code(TO_USER_LEVEL, stack=0, user=0))
    work = piece(pieces_per_write)
    code = b"".join(
        [
            _code(TO_64_BIT, tables=IMAGE + TABLES, descriptors=IMAGE + DESCRIPTORS, long=long),
            _code(TO_USER_LEVEL, stack=STACK, user=user),
            _code(
                READY,
                data=struct.pack("<Q", DATA),
                mask=struct.pack("<Q", max(64, working_set_bytes) - 64),
                held=struct.pack("<Q", HELD_AT),
            ),
            HEAD + struct.pack("<Q", pieces + 1) + BEGIN,
            b"\xeb" + struct.pack("b", len(work)),
            work,
            _code(NEXT, back=struct.pack("b", -len(work) - BACK_AT)),
        ]
    )
    made = bytearray(CONTROL + PAGE_BYTES)
    header = [MAGIC, LOADED_AS_IS, -(MAGIC + LOADED_AS_IS) % 2**32, IMAGE, IMAGE, IMAGE + len(made), IMAGE + len(made), IMAGE + CODE]
    for at, part in (
        (0, struct.pack("<8I", *header)),
        (CODE, code),
        (DESCRIPTORS, _descriptors()),
        (TABLES, _tables()),
        (CONTROL, struct.pack("<QQ", 1, pieces + 1)),
    ):
        made[at : at + len(part)] = part
    return bytes(made)


class Control:
    """How a guest is held, and tells how much work is left.

    Args:
        memory: Its memory, which is shared.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def hold(self) -> None:
        """Has it go no further than to the end of its piece of work, where it tells what is left."""
        if self.left:
            struct.pack_into("<Q", self._memory, LEFT_AT, UNTOLD)
        self._memory[HELD_AT] = 1

    def let_go(self) -> None:
        """Has it go on."""
        self._memory[HELD_AT] = 0

    @property
    def left(self) -> int:
        """How many pieces of work are left, the one it is at included; 0: it is done; UNTOLD: it has not told since it is held."""
        (left,) = struct.unpack_from("<Q", self._memory, LEFT_AT)
        return int(left)


def pieces_left(pages: dict[int, bytes]) -> int:
    """Returns how many pieces of work are left in a snapshot of these pages."""
    page = pages.get(CONTROL_PAGE, bytes(PAGE_BYTES))  # which holds nothing but zeros when it is done
    (left,) = struct.unpack_from("<Q", page, LEFT_AT % PAGE_BYTES)
    return int(left)


def _code(text: str, **places: int | bytes) -> bytes:
    """Returns machine code; places are numbers of 32 bits, or bytes as they are."""
    return bytes.fromhex(
        text.format(**{name: (struct.pack("<I", value) if isinstance(value, int) else value).hex() for name, value in places.items()})
    )


def _descriptors() -> bytes:
    """Returns the pointer to the table of segments, and 8 bytes on the table: code of 64 bits, data and code of user level."""
    segments = [0, 0x00AF9A000000FFFF, 0, 0, 0, 0x00CFF2000000FFFF, 0x00AFFA000000FFFF]
    return struct.pack("<HIxx", 8 * len(segments) - 1, IMAGE + DESCRIPTORS + 8) + struct.pack(f"<{len(segments)}Q", *segments)


def _tables() -> bytes:
    """Returns page tables that map the first GiB to itself."""
    present, writable, user, large = 1, 2, 4, 0x80
    above = [
        struct.pack("<Q", (IMAGE + TABLES + (k + 1) * PAGE_BYTES) | present | writable | user).ljust(PAGE_BYTES, b"\0") for k in range(2)
    ]
    lowest = [(k << 21) | present | writable | user | large for k in range(512)]
    return b"".join([*above, struct.pack("<512Q", *lowest)])
