# SPDX-License-Identifier: ISC
import pytest
from lab import Lab


@pytest.fixture(scope="module")
def lab():
    lab = Lab()
    yield lab
    lab.close()
