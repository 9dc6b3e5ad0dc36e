"""What a run has taught about sizes so far: for each label (tenant) how far its VMs came, and the Gittins index that follows.

Service is cut into bins: the first ends with the first quantum, each end is 2^(1/4) times the one before. In each bin the hazard is
estimated by completions / VMs that came so far, those still present counting by half in the bin where they are (the actuarial estimate;
Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958). Beside them stands one VM whose size is above x
quanta with probability 1 / (1 + x): without experience the index falls as the service grows, as in LAS. From the hazards follows the index
of each bin, the best ratio of completions to service from there on (see `vmenv.dispatch.schedulers.gittins`).

It is kept in the memory of the run, behind what schedulers use of it, and renewed for a label when a VM of that label has come to its end.
"""

from __future__ import annotations

from vmenv.host import columns as c
from vmenv.host import given, outcome
from vmenv.host.state import Floats, State
from vmenv.jit import jittable

NUM_LABELS, NUM_BINS = 4, 48  # further labels share with those of the same number modulo 4; 48 bins reach to 3,444 quanta
GROWTH = 2.0**0.25
LAST_END = GROWTH ** (NUM_BINS - 1)
PRIOR = 1.0
# In the memory of the run: VMs that were done and the time when it was brought up to date, the first VM that was not done then; tables by
# label and bin.
NUM_SEEN, SEEN_US, FIRST_PRESENT, DONE = range(164, 168)
INDEX = DONE + NUM_LABELS * NUM_BINS
assert INDEX + NUM_LABELS * NUM_BINS <= c.NUM_RUN_MEMORY


@jittable
def bin_of(service_us: int, quantum_us: int) -> int:
    """Returns the bin that holds this service."""
    b, end = 0, float(quantum_us)
    while service_us >= end and b < NUM_BINS - 1:
        b += 1
        end *= GROWTH
    return b


@jittable
def learned_index(memory: Floats, label: int, service_us: int, quantum_us: int) -> float:
    """Returns the estimated Gittins index, completions a quantum of service, of a VM with this label that has had this service."""
    return float(memory[INDEX + label % NUM_LABELS * NUM_BINS + bin_of(service_us, quantum_us)])


@jittable
def num_seen(memory: Floats, label: int) -> float:
    """Returns how many VMs with this label have come to their end."""
    total, done = 0.0, DONE + label % NUM_LABELS * NUM_BINS
    for b in range(NUM_BINS):
        total += memory[done + b]
    return total


@jittable
def learn(s: State) -> None:
    """Takes in the VMs that came to their end since the last call."""
    learn_weighted(s, 0.0)


@jittable
def learn_weighted(s: State, size_power: float) -> None:
    """The same, and in the index a completion counts 1 / (size in quanta) ** size_power: with 1, what it takes off the sum of slowdowns.

    All calls of a run must give the same power.
    """
    memory, quantum_us = s.run_memory, s.host[c.QUANTUM_US]
    begins = memory[SEEN_US] == 0.0
    if s.run[c.NUM_DONE] == memory[NUM_SEEN] and not begins:
        return
    touched = 2**NUM_LABELS - 1 if begins else 0
    first_present = s.run[c.NEXT_ADMISSION]
    for vm in range(int(memory[FIRST_PRESENT]), s.run[c.NEXT_ADMISSION]):
        done_us = s.outcomes[vm, outcome.COMPLETION_US]
        if done_us < 0:
            first_present = min(first_present, vm)
        elif done_us >= memory[SEEN_US]:
            label = s.vms[vm, given.TENANT] % NUM_LABELS
            size = s.vms[vm, given.SIZE_US]  # all of it has been seen by now
            memory[DONE + label * NUM_BINS + bin_of(size, quantum_us)] += 1.0
            touched |= 1 << label
    memory[NUM_SEEN], memory[SEEN_US], memory[FIRST_PRESENT] = s.run[c.NUM_DONE], s.run[c.CLOCK_US] + 1, first_present
    for label in range(NUM_LABELS):
        if (touched >> label) & 1:
            _estimate_hazards(s, label)
            _index_from_hazards(memory, INDEX + label * NUM_BINS, size_power)


@jittable
def _estimate_hazards(s: State, label: int) -> None:
    """Writes the hazards of a label where its index will stand."""
    memory, quantum_us = s.run_memory, s.host[c.QUANTUM_US]
    done, hazard = DONE + label * NUM_BINS, INDEX + label * NUM_BINS
    for b in range(NUM_BINS):
        memory[hazard + b] = 0.0
    for i in range(s.run[c.TOP_SLOT]):
        if s.front[i, c.STATUS] != c.EMPTY and s.slots[i, c.TENANT] % NUM_LABELS == label:
            memory[hazard + bin_of(s.slots[i, c.ATTAINED_US], quantum_us)] += 1.0
    came_further, end = 0.0, LAST_END
    for b in range(NUM_BINS - 1, -1, -1):
        low = end / GROWTH if b > 0 else 0.0
        present, completed = memory[hazard + b], memory[done + b]
        at_risk = came_further + completed + 0.5 * present
        came_further += completed + present
        prior, prior_further = PRIOR / (1.0 + low), PRIOR / (1.0 + end)
        memory[hazard + b] = (completed + prior - prior_further) / (at_risk + prior)
        end = low


@jittable
def learn_all(s: State) -> None:
    """Takes in the sizes of all VMs of the run, those that have not arrived too, at the first call: the yardstick that is told the law."""
    memory, quantum_us = s.run_memory, s.host[c.QUANTUM_US]
    if memory[SEEN_US] > 0.0:
        return
    memory[SEEN_US] = 1.0
    for vm in range(s.run[c.NUM_VMS]):
        label = s.vms[vm, given.TENANT] % NUM_LABELS
        memory[DONE + label * NUM_BINS + bin_of(s.vms[vm, given.SIZE_US], quantum_us)] += 1.0
    for label in range(NUM_LABELS):
        at_risk = 0.0
        for b in range(NUM_BINS - 1, -1, -1):
            completed = memory[DONE + label * NUM_BINS + b]
            at_risk += completed
            memory[INDEX + label * NUM_BINS + b] = completed / at_risk if at_risk > 0.0 else 0.0
        _index_from_hazards(memory, INDEX + label * NUM_BINS, 0.0)


@jittable
def _index_from_hazards(memory: Floats, first: int, size_power: float) -> None:
    """Turns the hazards of the bins into the index at the beginning of each. A VM that ends in a bin takes half of it."""
    low, width = 0.0, 1.0
    for b in range(NUM_BINS):
        best, left, done, served, end, span = 0.0, 1.0, 0.0, 0.0, low, width
        for further in range(b, NUM_BINS):
            hazard = memory[first + further]
            served += left * span * (1.0 - 0.5 * hazard)
            worth = 1.0 if size_power == 0.0 else (end + 0.5 * span) ** -size_power  # the power takes longer than all the rest
            done += left * hazard * worth
            left *= 1.0 - hazard
            best = max(best, done / served)
            end += span
            span = end * (GROWTH - 1.0)
        memory[first + b] = best  # the bins before have their index already, those behind still their hazard
        low += width
        width = low * (GROWTH - 1.0)
