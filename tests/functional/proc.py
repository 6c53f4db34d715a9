# SPDX-License-Identifier: ISC
"""What a process takes up, as the kernel says."""

import os
import re
from pathlib import Path


def memory_kib(pid):
    """What of it is resident."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def descriptors(pid):
    """How many it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_s(pid):
    """The seconds of CPU that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
