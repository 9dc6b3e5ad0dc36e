"""The columns of the state arrays, with their units, and the few codes that stand in them: here and only here.

All state is in the few contiguous arrays of `vmenv.host.state.Runs`, indexed by run first. In `slots` and `devices` columns come before
items, so that a loop over the slots reads consecutive memory; in `vms` and `phases`, which are read a row at a time, after.

A *slot* holds a VM while it is present. VMs are numbered in order of arrival (ties: in the order of the workload), and "VM number" below
means that arrival number.
"""

NEVER = 2**62  # a time that does not come
NOBODY = -1

# --- host: one number each, the same for every run of the batch -------------------------------------------------------------------------
(
    MEMORY_MIB,
    NUM_DISKS,
    QUANTUM_US,
    SWITCH_US,
    SWAP_KIB_S,  # 0: paging takes no time
    PREEMPT,  # one of the next three
    POOL_MIB,
    HORIZON_US,  # NEVER: no horizon
    CLOCK_LIMIT_US,  # past it, capacity x time would leave 64 bits
    UNLIMITED_SLOTS,  # 1: an arrival that finds no slot stops the run with NEEDS_SLOTS instead of waiting
    NUM_HOST_COLUMNS,
) = range(11)
PREEMPT_NONE, PREEMPT_QUANTUM, PREEMPT_ARRIVAL = range(3)

# --- devices: [column, device]; device 0 is the CPU, then the disks, then the NICs. Millicores or KiB/s ---------------------------------
CAPACITY, FREE, MAPPED, SERVED, OVERHEAD, IDLE, NUM_DEVICE_COLUMNS = range(7)
# MAPPED: demand of the present VMs mapped to it.  SERVED, OVERHEAD, IDLE: demand x microseconds held by service, held by start costs, free.

# --- vms: [VM number, column]; the workload, then what became of it ---------------------------------------------------------------------
(
    ARRIVAL_US,
    SIZE_US,  # work of all phases
    WEIGHT,
    PRIORITY,
    SLO_US,  # 0: none
    IMAGE_MIB,
    ESTIMATE_US,  # what is known of its size beforehand, 0: nothing
    TENANT,
    FIRST_PHASE,
    PAST_PHASE,  # one past its last phase
    NUM_GIVEN_VM_COLUMNS,
) = range(11)
COMPLETION_US, ADMISSION_US, ATTAINED_US, GRANTED_US, OVERHEAD_US, NUM_GRANTS, NUM_SWITCHES, PAGED_IN_MIB, NUM_VM_COLUMNS = range(10, 19)
# COMPLETION_US, ADMISSION_US: -1 while it has not happened.  ATTAINED_US: service.  GRANTED_US: service and start costs.

# --- phases: [phase, column] ------------------------------------------------------------------------------------------------------------
PHASE_WORK_US, PHASE_CPU, PHASE_MEMORY_MIB, PHASE_DISK, PHASE_NET, NUM_PHASE_COLUMNS = range(6)

# --- slots: [column, slot]; columns shared with `vms` keep their numbers (ARRIVAL_US .. PAGED_IN_MIB), the others follow -----------------
(
    VM,  # VM number, NOBODY in an empty slot
    STATUS,  # EMPTY, RUNNABLE or RUNNING
    CPU,  # demand of the current phase: millicores
    MEMORY,  # MiB
    DISK,  # KiB/s on device DISK_DEVICE
    NET,  # KiB/s on device NIC_DEVICE
    DISK_DEVICE,
    NIC_DEVICE,
    PHASE,
    PHASE_LEFT_US,
    RESIDENT_MIB,  # memory that it has on the host
    SWAPPED_MIB,  # memory that was paged out and comes back with the next grant
    START_DEBT_US,  # start cost that its last grant did not live to pay
    GRANT_US,  # time of its last grant
    SERVICE_US,  # time when the start cost of that grant is paid
    END_US,  # time when that grant ends
    LAST_END_US,  # when its last grant ended, -1: never ran
    QUEUE_PLACE,  # running number, given at admission and after every grant
    RUNNING_LIST,  # [0:NUM_RUNNING] slots of the running VMs, by VM number. Not a property of this slot
    ENDED_LIST,  # [0:NUM_ENDED] slots whose grant ended at this instant, by VM number. Not a property of this slot
    NUM_SLOT_COLUMNS,
) = range(NUM_VM_COLUMNS, NUM_VM_COLUMNS + 21)
EMPTY, RUNNABLE, RUNNING = range(3)

# --- run: [column]; one number each -----------------------------------------------------------------------------------------------------
(
    STATE,  # one of the next six
    CLOCK_US,
    NUM_VMS,
    NEXT_ARRIVAL,  # VM number of the next to arrive
    NEXT_ADMISSION,  # VM number of the next to be admitted: those from here to NEXT_ARRIVAL wait in the admission queue
    NUM_DONE,
    NUM_RUNNING,
    NUM_ENDED,
    NUM_RUNNABLE,
    TOP_SLOT,  # one past the highest slot in use
    MEMORY_RUNNING_MIB,
    MEMORY_RESIDENT_MIB,
    POOL_FREE_MIB,
    NEXT_PLACE,
    NUM_DECISIONS,
    NUM_LOGGED,  # grants that ended; the log keeps the last of them
    DIGEST_A,
    DIGEST_B,
    NUM_RUN_COLUMNS,
) = range(19)
GOING, DONE, HORIZON_REACHED, NEEDS_SLOTS, CLOCK_OVERFLOW = range(5)

# --- memory of the scheduler: float64; what they hold, the scheduler's file says ---------------------------------------------------------
NUM_VM_MEMORY = 4  # [k, slot]: 0 when a VM enters the slot
NUM_RUN_MEMORY = 4  # [k]: 0 at the beginning of a run

# --- costs: [column]; float64 -----------------------------------------------------------------------------------------------------------
COST_RATE, COST, NUM_COST_COLUMNS = range(3)  # sum of c_i over the present VMs, and its integral over time so far

# --- log: [column, grant]; grants that ended, NUM_LOGGED modulo the log's length --------------------------------------------------------
LOG_VM, LOG_SLOT, LOG_GRANT_US, LOG_SERVICE_US, LOG_END_US, LOG_PHASE, LOG_DISK_DEVICE, LOG_NIC_DEVICE, NUM_LOG_COLUMNS = range(9)

# --- events, as the digest names them --------------------------------------------------------------------------------------------------
EVENT_GRANT, EVENT_WAIT, EVENT_END, EVENT_ADMISSION, EVENT_COMPLETION, EVENT_PAGE_OUT = range(6)
