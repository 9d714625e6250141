# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: a broker, certificates, a catalogue, a folder for each test."""

import pytest
from lab import Broker, Catalogue, Certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def plain_broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def tls_broker(tmp_path, certificates):
    with Broker(tmp_path, certificates) as broker:
        yield broker


@pytest.fixture(params=["plain", "tls"])
def broker(request):
    """Either kind of broker: a test that asks for this runs twice."""
    return request.getfixturevalue(f"{request.param}_broker")


@pytest.fixture
def catalogue(tmp_path):
    return Catalogue(tmp_path / "released")
