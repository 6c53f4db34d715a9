# SPDX-License-Identifier: ISC
from pathlib import Path

import pytest
from harness import Server


@pytest.fixture(scope="module")
def server():
    with Server.of_story(Path(__file__)) as running:
        yield running
