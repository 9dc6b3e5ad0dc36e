"""The columns of the state arrays, with their units, and the few codes that stand in them: here and only here.

All state is in the few contiguous arrays of `vmenv.host.state.State`; a batch adds a leading axis of runs. An array has a row an item (VM,
slot, device, ...) and a column a property, and one multiplication finds its row. What is looked at of all VMs at every step (`front`) lies
side by side, a cache line a VM; of the rest only what changes is touched. No loop goes over all slots for every decision: what must be
found quickly has an order of its own (`lists`, the links of LESS_RECENT and MORE_RECENT, `blocks`).

A *slot* holds a VM while it is present. VMs are numbered in order of arrival (ties: in the order of the workload), and "VM number" below
means that arrival number.
"""

NEVER = 2**62  # a time that does not come
CLOCK_LIMIT_US = 2**53  # the clock goes no further: up to here times are exact as floats too; 285 years
NOBODY = -1
LINE = 8  # numbers in a cache line

# --- host: one number each, the same for every run of the batch -------------------------------------------------------------------------
(
    MEMORY_MIB,
    NUM_DISKS,
    QUANTUM_US,
    SWITCH_US,
    RELOAD_US,  # 0: what the VMs of a tenant share is loaded in no time
    SWAP_KIB_S,  # 0: paging takes no time
    PREEMPT,  # one of the next three
    POOL_MIB,
    HORIZON_US,  # NEVER: no horizon
    UNLIMITED_SLOTS,  # 1: an arrival that finds no slot stops the run with NEEDS_SLOTS instead of waiting
    MAPPING,  # one of the MAP_ below
    EXIT_NS_PER_KIB,  # CPU time of the exits of an emulated device; 0: none
    COMPRESS_KIB_S,  # image that a compression task works through
    SNAPSHOTS_KEPT,  # of each VM; 0: all of them
    MOST_DOWN_US,  # a migration goes on copying until the rest takes no longer
    RESUME_US,  # what a VM takes to go on elsewhere
    THIN,  # 1: images take space as they are written to
    RESCUE_US,  # after which somebody adds space when all VMs stand for want of it; 0: nobody does
    COMMITS,  # 1: who decides from outside commits the host to its picks
    RESERVES,  # 1: and they have reservations, past which others may go
    NUM_HOST_COLUMNS,
) = range(21)
PREEMPT_NONE, PREEMPT_QUANTUM, PREEMPT_ARRIVAL = range(3)
MAP_LEAST, MAP_ROTATE, MAP_FIRST = range(3)

# --- demands: what a VM demands, by one number each wherever it stands: a column of a phase and of `front`, a row of `waiting`, a use ----
CPU, DISK, NET, MEMORY, NUM_DEMANDS = range(5)  # millicores; KiB/s on its disk; KiB/s on its NIC; MiB
NUM_USES = MEMORY  # the demands before it are for divisible devices: what the share model calls uses
DEMAND_NAMES = ("cpu", "disk", "net", "memory")

# --- devices: [device, column]; device CPU, then the disks from FIRST_DISK on, then the NICs. Millicores or KiB/s ------------------------
FIRST_DISK = DISK
LEAST_DEVICES = NUM_USES  # a host has the CPU, a disk and a NIC at the least; then the number of a use is also that of its device
CAPACITY, FREE, MAPPED, SERVED, OVERHEAD, IDLE = range(6)
NUM_BOOKS = 3
NUM_DEVICE_COLUMNS = IDLE + 1 + NUM_BOOKS
# MAPPED: demand of the present VMs mapped to it. SERVED, OVERHEAD, IDLE: demand x microseconds held by service, held by start costs, free;
# what goes beyond 2^BOOK_BITS is carried to the column NUM_BOOKS further on, and `vmenv.host.books` puts both together.
BOOK_BITS = 62

# --- phases: [phase, column] ------------------------------------------------------------------------------------------------------------
PHASE_WORK_US, NUM_PHASE_COLUMNS = range(NUM_DEMANDS, NUM_DEMANDS + 2)  # before it: the demands

# --- front: [slot, column]; of each slot one cache line, side by side: of most VMs a decision and an observation look at no more ---------
(
    # before it: the demands of the current phase, those of disk and NIC on the devices DISK_DEVICE and NIC_DEVICE
    STATUS,  # EMPTY, RUNNABLE, RUNNING or SUSPENDED
    STALE,  # what has changed since it was observed: 0, STALE_GRANT or STALE_ALL
    TURN_US,  # runnable: end of its last grant, or arrival; running: end of its quantum, which it may not need (NEVER: no quanta)
    ARRIVED_US,  # ARRIVAL_US once more
    NUM_FRONT_COLUMNS,
) = range(NUM_DEMANDS, LINE + 1)
EMPTY, RUNNABLE, RUNNING, SUSPENDED = range(4)
STALE_GRANT, STALE_ALL = 1, 3  # what grants, their ends and paging change; also what the VM and its phase are

# --- slots: [slot, column]; all else about a VM -----------------------------------------------------------------------------------------
# `vms` (only read) has the columns from FIRST_GIVEN to PAST_GIVEN, which `vmenv.host.given` names, `outcomes` those from there to
# PAST_OUTCOME, which `vmenv.host.outcome` names; in both, column 0 is the first.
(
    # given by the workload
    ARRIVAL_US,
    TENANT,
    KIND,  # RUN, or the kind of maintenance that it is
    SIZE_US,  # work of all phases
    WEIGHT,
    PRIORITY,
    SLO_US,  # 0: none
    IMAGE_MIB,
    ESTIMATE_US,  # what is known of its size beforehand, 0: nothing
    VM_CLASS,  # row and column of `State.contention`
    TARGET,  # VM number of the VM that is maintained, NOBODY if KIND is RUN
    DIRTY_KIB_S,  # what it writes while it runs
    WORKING_SET_MIB,  # what it writes to, over and over
    SAVING,  # thousandths of its image that compression saves
    EMULATED,  # 1: its devices are emulated, and their exits cost CPU
    FIRST_PHASE,
    PAST_PHASE,  # one past its last phase
    # what becomes of it
    COMPLETION_US,  # -1 while it has not happened
    ADMISSION_US,  # -1 while it has not happened
    ATTAINED_US,  # service
    GRANTED_US,  # service and start costs
    OVERHEAD_US,  # start costs
    NUM_GRANTS,
    NUM_SWITCHES,
    PAGED_IN_MIB,
    CONTENDED_US,  # service that its neighbours took from it
    COPY_US,  # start costs that were copies of what a snapshot still needs
    LOST_US,  # service that a restore took back
    STORED_MIB,  # of a snapshot: what it keeps; of a compression: what it saved
    # its number, devices, grants and place
    VM,  # VM number, NOBODY in an empty slot
    DISK_DEVICE,
    NIC_DEVICE,
    GRANT_US,  # time of its last grant
    SERVICE_US,  # time when the start cost of that grant is paid
    END_US,  # time when that grant ends
    LAST_END_US,  # when its last grant ended, -1: never ran
    START_DEBT_US,  # start cost that its last grant did not live to pay
    RESIDENT_MIB,  # memory that it has on the host
    SWAPPED_MIB,  # memory that was paged out and comes back with the next grant
    QUEUE_PLACE,  # running number, given at admission and after every grant
    PHASE,
    PHASE_LEFT_US,
    COPYING,  # snapshots of it that are still being copied
    LEAVING,  # 1: it is stopped, as the last of it is being copied to where it goes, or it back from a snapshot; 2: it was suspended before
    SHORT_MIB,  # thin: what it needs of the pool and stands for; negative if it has been suspended besides
    LESS_RECENT,  # the slot before it in the order of last use (`vmenv.host.memory`), NOBODY if it is the first
    MORE_RECENT,  # the slot after it, NOBODY if it is the last
    RATE,  # thousandths of a microsecond of progress in one of service
    PROGRESS,  # thousandths of a microsecond of progress that ATTAINED_US does not count yet
    SINCE_US,  # up to when PROGRESS is known
    SNAPSHOT_AT_US,  # its service when its last snapshot was taken; of a task: its VM's service then, -1: nothing to restore
    KEPT_AT_US,  # its service when its newest complete snapshot was taken, 0: there is none
    COPIED_KIB,  # of what it writes to since its last snapshot: how much copy on write has copied
    SNAPSHOTS_MIB,  # what its snapshots hold of the pool
    DOWN_US,  # of a migration: the work of its second phase
    TAKEN_MIB,  # thin: what it has taken from the pool for what it has written to
    _USED,
) = range(57)
NUM_SLOT_COLUMNS = -(-_USED // LINE) * LINE  # whole cache lines
FIRST_GIVEN, PAST_GIVEN, PAST_OUTCOME = ARRIVAL_US, COMPLETION_US, VM
NUM_GIVEN_COLUMNS, NUM_OUTCOME_COLUMNS = PAST_GIVEN - FIRST_GIVEN, PAST_OUTCOME - PAST_GIVEN
RUN, SNAPSHOT, COMPRESS, MIGRATE, RESTORE = range(5)
FULL_RATE, LEAST_RATE = 1000, 50  # however many neighbours there are, a VM gets on

# --- lists: [list, place]; slots, in as many places as the run column beside it says ----------------------------------------------------
RUNNING_HEAP, FREE_HEAP, ENDED_LIST, NUM_LISTS = range(4)
# RUNNING_HEAP (NUM_RUNNING): by END_US, then VM number.  FREE_HEAP (NUM_FREE): empty slots, by their index.
# ENDED_LIST (NUM_ENDED): those whose grant ended at this instant, by VM number.

# --- waiting: [demand, slot], int32; what each runnable VM demands, side by side, to compare many at once ------------------------------
# Where no VM is runnable the demand of CPU is NOT_WAITING, more than any host has.
NOT_WAITING = 2**31 - 1
BLOCK = 64  # slots; arrays of whole blocks, so that there is something to read behind the last slot
LANES = 16  # slots that are compared at once, a part of a block

# --- keys: [slot]; keys of the runnable VMs, as integers, kept by schedulers whose keys stay the same ------------------------------------
NO_KEY, UNKNOWN_KEY = 2**63 - 1, -(2**63)  # nobody is runnable there; not computed yet
UNKNOWN_SLOT = -2  # of who comes first: not found yet

# --- run: [column]; one number each -----------------------------------------------------------------------------------------------------
(
    STATE,  # GOING or one of its neighbours below
    CLOCK_US,
    NUM_VMS,
    NEXT_ARRIVAL,  # VM number of the next to arrive
    NEXT_ARRIVAL_US,  # when it does, NEVER after the last
    NEXT_ADMISSION,  # VM number of the next to be admitted: those from here to NEXT_ARRIVAL wait in the admission queue
    NUM_DONE,
    NUM_RUNNABLE,
    NUM_RUNNING,
    NUM_ENDED,
    NUM_FREE,
    TOP_SLOT,  # one past the highest slot in use
    LEAST_RECENT,  # the resident slot that is not running and ran least recently, NOBODY: none
    MOST_RECENT,
    MEMORY_RUNNING_MIB,
    MEMORY_RESIDENT_MIB,
    POOL_FREE_MIB,
    NEXT_PLACE,
    NUM_DECISIONS,
    NUM_LOGGED,  # grants that ended; the log keeps the last of them
    DIGEST_A,
    DIGEST_B,
    LAST_TENANT,  # tenant of the most recent grant, the one that is loaded; NOBODY before the first
    OBSERVED_US,  # clock of the last observation, -1: none
    OBSERVED_TOP,  # TOP_SLOT of the last observation
    OBSERVED_TENANT,  # LAST_TENANT of the last observation
    OBSERVED_SLO,  # 1: a VM with a deadline was observed, whose slack changes with the clock
    NEXT_DEADLINE,  # how many of the deadlines that cost are past
    NEXT_DEADLINE_US,  # when the next one is, NEVER after the last
    NUM_SHORT,  # VMs that are short of space in the pool
    ADDED_MIB,  # to the pool, when all of them stood
    LEAST_CPU,  # no VM that was ever runnable demanded less
    COMMITTED,  # the slot that is granted next, as soon as it fits, whatever happens meanwhile; NOBODY: nothing is committed
    RESERVED_US,  # when it can start, by the requested times of what ran when it was committed
    WAITED_US,  # the last instant at which somebody waited already when it came, -1: none
    _USED_OF_RUN,
) = range(36)
NUM_RUN_COLUMNS = -(-_USED_OF_RUN // LINE) * LINE
GOING, DONE, HORIZON_REACHED, NEEDS_SLOTS, CLOCK_OVERFLOW, NO_SPACE = range(6)

# --- memory of the scheduler: float64; what they hold, the scheduler's file says ---------------------------------------------------------
NUM_VM_MEMORY = 4  # [slot, k]: 0 when a VM enters the slot
NUM_RUN_MEMORY = 560  # [k]: 0 at the beginning of a run; learned policies compute in it

# --- costs: [column]; float64 -----------------------------------------------------------------------------------------------------------
COST_RATE, COST, NUM_COST_COLUMNS = range(3)  # sum of c_i over the present VMs and of d_i over the late ones, and its integral so far

# --- pairs: [class, class of the only neighbour, column]; what the run has shown of contention ------------------------------------------
PAIR_US, PAIR_PROGRESS, NUM_PAIR_COLUMNS = range(3)  # service, and thousandths of a microsecond of progress in it

# --- log: [grant, column]; grants that ended, NUM_LOGGED modulo the log's length --------------------------------------------------------
LOG_VM, LOG_SLOT, LOG_GRANT_US, LOG_SERVICE_US, LOG_END_US, LOG_PHASE, LOG_DISK_DEVICE, LOG_NIC_DEVICE, NUM_LOG_COLUMNS = range(9)

# --- events, as the digest names them --------------------------------------------------------------------------------------------------
EVENT_GRANT, EVENT_WAIT, EVENT_END, EVENT_ADMISSION, EVENT_COMPLETION, EVENT_PAGE_OUT, EVENT_COMMAND = range(7)
