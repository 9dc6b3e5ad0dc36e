"""The columns of `State.vms`: what the workload gives of a VM. The same properties, under the same names, as in a slot.

A table of VMs begins with the column of a slot that is FIRST_GIVEN. Who reads the table by the column of a slot reads another property, or
past the end of a row; hence the names.
"""

from __future__ import annotations

from vmenv.host import columns as c

ARRIVAL_US = c.ARRIVAL_US - c.FIRST_GIVEN
TENANT = c.TENANT - c.FIRST_GIVEN
KIND = c.KIND - c.FIRST_GIVEN
SIZE_US = c.SIZE_US - c.FIRST_GIVEN
WEIGHT = c.WEIGHT - c.FIRST_GIVEN
PRIORITY = c.PRIORITY - c.FIRST_GIVEN
SLO_US = c.SLO_US - c.FIRST_GIVEN
IMAGE_MIB = c.IMAGE_MIB - c.FIRST_GIVEN
ESTIMATE_US = c.ESTIMATE_US - c.FIRST_GIVEN
VM_CLASS = c.VM_CLASS - c.FIRST_GIVEN
TARGET = c.TARGET - c.FIRST_GIVEN
DIRTY_KIB_S = c.DIRTY_KIB_S - c.FIRST_GIVEN
WORKING_SET_MIB = c.WORKING_SET_MIB - c.FIRST_GIVEN
SAVING = c.SAVING - c.FIRST_GIVEN
EMULATED = c.EMULATED - c.FIRST_GIVEN
FIRST_PHASE = c.FIRST_PHASE - c.FIRST_GIVEN
PAST_PHASE = c.PAST_PHASE - c.FIRST_GIVEN
