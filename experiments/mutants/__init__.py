"""Whether the tests would notice: the kernel is changed in one place at a time, and the tests must fail."""
