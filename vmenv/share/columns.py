"""The columns of the share model's arrays, with their units: here and only here.

A *use* is one of a VM's three devices: the CPU, its disk, its NIC. A *rate* is in millicores or KiB/s, an *amount* a rate x microseconds.
Times that do not come are `vmenv.host.columns.NEVER`; VMs are numbered in order of arrival, as there.
"""

# --- host: one number each, the same for every run of a batch ---------------------------------------------------------------------------
INTERVAL_US, NUM_DISKS, UNMET, SPARE, OBJECTIVE, HORIZON_US, CLOCK_LIMIT_US, NUM_HOST_COLUMNS = range(8)
UNMET_LOST, UNMET_QUEUED = range(2)  # UNMET: what becomes of demand that is not met: it is lost (steal time), or waits as a backlog
SPARE_IDLE, SPARE_SHARED = range(2)  # SPARE: what becomes of a share that its VM does not need: it idles, or the others get it at once
STEAL, ALL_UNMET, BACKLOG_COST = range(3)  # OBJECTIVE: what the reward counts

# --- devices: [device, column]; amounts since the beginning, but for the rates MAPPED ---------------------------------------------------
DEV_MAPPED, DEV_DEMANDED, DEV_GRANTED, DEV_LOST, DEV_QUEUED, DEV_IDLE, LAST_DEMANDED, LAST_LOST, NUM_DEVICE_COLUMNS = range(9)
# DEV_QUEUED: backlog now.  LAST_...: of the last interval.

# --- slots: [slot, column] --------------------------------------------------------------------------------------------------------------
(
    VM,  # VM number, NOBODY in an empty slot
    PHASE,
    PAST_PHASE,  # one past its last phase
    PHASE_END_US,  # NEVER once its last phase is over
    LIMIT,  # millicores that it can use at the most
    GIVEN_WEIGHT,  # of the workload; the weights of the next interval are a policy's
    SINCE_US,  # when it entered
    NUM_SEEN,  # intervals that ended with it present
    NUM_SLOT_COLUMNS,
) = range(9)

# --- uses: [slot, use, column] ----------------------------------------------------------------------------------------------------------
(
    RATE,  # demanded now
    BACKLOG,  # amount
    DEMANDED,  # amounts of the last interval
    GRANTED,
    MISSED,  # lost, or queued that was not before
    # what the intervals so far have shown of its mean demand in one, rates x GRAIN, moved by whole numbers:
    NOW,  # the last interval's
    SHORT,  # moves by 1/4 of the difference
    LONG,  # by 1/32
    SWING,  # of the change from one interval to the next: by 1/8
    PEAK,  # the largest, which sinks by 1/16
    NUM_USE_COLUMNS,
) = range(11)
GRAIN = 256

# --- books: [VM number, use, column]; amounts of its whole life -------------------------------------------------------------------------
BOOK_DEMANDED, BOOK_GRANTED, BOOK_LOST, NUM_BOOK_COLUMNS = range(4)

# --- times: [VM number, column]; -1 while it has not happened ---------------------------------------------------------------------------
ADMISSION_US, COMPLETION_US, NUM_TIME_COLUMNS = range(3)

# --- run: [column] ----------------------------------------------------------------------------------------------------------------------
(
    STATE,  # as in `vmenv.host.columns`: GOING, DONE, HORIZON_REACHED or CLOCK_OVERFLOW
    CLOCK_US,
    NUM_VMS,
    NEXT_ARRIVAL,
    NEXT_ARRIVAL_US,
    NEXT_ADMISSION,  # those from here to NEXT_ARRIVAL wait for a slot
    NUM_PRESENT,
    NUM_DONE,
    NUM_INTERVALS,
    LAST_LENGTH_US,  # of the last interval
    DIGEST_A,
    DIGEST_B,
    NUM_RUN_COLUMNS,
) = range(13)
