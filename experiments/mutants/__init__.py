"""Whether the tests would notice: vmenv is changed in one place at a time, and the tests must fail."""
