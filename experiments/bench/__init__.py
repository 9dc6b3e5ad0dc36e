"""The benchmark behind `make bench`: how fast vmenv is, beside other programs and the machine's own limits, measured in the same run."""
