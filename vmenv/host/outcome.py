"""The columns of `State.outcomes`: what becomes of a VM. The same properties, under the same names, as in a slot.

A table of outcomes begins with the column of a slot that is PAST_GIVEN; see `vmenv.host.given`.
"""

from __future__ import annotations

from vmenv.host import columns as c

COMPLETION_US = c.COMPLETION_US - c.PAST_GIVEN
ADMISSION_US = c.ADMISSION_US - c.PAST_GIVEN
ATTAINED_US = c.ATTAINED_US - c.PAST_GIVEN
GRANTED_US = c.GRANTED_US - c.PAST_GIVEN
OVERHEAD_US = c.OVERHEAD_US - c.PAST_GIVEN
NUM_GRANTS = c.NUM_GRANTS - c.PAST_GIVEN
NUM_SWITCHES = c.NUM_SWITCHES - c.PAST_GIVEN
PAGED_IN_MIB = c.PAGED_IN_MIB - c.PAST_GIVEN
CONTENDED_US = c.CONTENDED_US - c.PAST_GIVEN
COPY_US = c.COPY_US - c.PAST_GIVEN
LOST_US = c.LOST_US - c.PAST_GIVEN
STORED_MIB = c.STORED_MIB - c.PAST_GIVEN
