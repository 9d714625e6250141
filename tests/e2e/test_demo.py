# SPDX-License-Identifier: Apache-2.0
"""`make demo` is the first thing that a newcomer sees: it must not rot, nor may the others."""

import sys

import pytest
from lab import Build, run


def test_the_demonstration_goes_as_expected_and_says_so(tmp_path):
    demo = run(sys.executable, Build.top / "scripts" / "demo", "--keep", tmp_path / "demo",
               timeout=120)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == 5
    assert "app: 1.1.0 confirmed" in demo.stdout
    assert "boot: the trial was not confirmed" in demo.stdout
    assert (tmp_path / "demo" / "otter-1.flash").exists()


def test_the_demonstration_fails_if_a_step_does(tmp_path):
    """With a program that cannot be released, the second step cannot go well."""
    (tmp_path / "bin").mkdir()
    demo = run(sys.executable, Build.top / "scripts" / "demo", expect=1, timeout=120,
               env={"PATH": "/usr/bin:/usr/sbin:/bin", "OTTER_HOST_BUILD": str(Build.host),
                    "OTTER_MPS2_BUILD": str(tmp_path)})
    assert "NOT as expected" in demo.stdout
    assert "Something did not go as expected" in demo.stdout


@pytest.mark.parametrize(("script", "steps", "shown"), [
    ("demo-factory", 7, {"QEMU was killed in the middle of the copy": 1}),
    ("demo-http-xip", 5, {"QEMU was killed in the middle of the download": 1}),
    ("demo-ble", 7, {"the power of the device failed": 1}),
    ("demo-aws", 5, {"is SUCCEEDED: accepted  v1.1.0": 1, "is FAILED: ": 2}),
])
def test_the_other_demonstrations_go_as_expected(tmp_path, script, steps, shown):
    demo = run(sys.executable, Build.top / "scripts" / script, "--keep", tmp_path / "demo",
               timeout=200)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == steps
    for words, times in shown.items():
        assert demo.stdout.count(words) >= times, words
