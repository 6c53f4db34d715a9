# SPDX-License-Identifier: ISC
import pytest
from harness import datacenters
from primary import MOVER, Listener, Primary


@pytest.fixture
def listener():
    return Listener(MOVER, silent=1)


@pytest.fixture
def centers():
    with datacenters() as centers:
        yield centers


@pytest.fixture
def server(listener, centers):
    with Primary(listener, centers) as server:
        yield server
