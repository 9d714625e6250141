# SPDX-License-Identifier: Apache-2.0
"""`make demo` is the first thing that a newcomer sees: it must not rot, nor may the others."""

import sys

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


def test_the_demonstration_of_the_golden_image_goes_as_expected(tmp_path):
    demo = run(sys.executable, Build.top / "scripts" / "demo-factory", "--keep", tmp_path / "demo",
               timeout=200)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == 7
    assert "QEMU was killed in the middle of the copy" in demo.stdout


def test_the_demonstration_of_two_images_over_https_goes_as_expected(tmp_path):
    demo = run(sys.executable, Build.top / "scripts" / "demo-http-xip", "--keep", tmp_path / "demo",
               timeout=120)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == 5
    assert "QEMU was killed in the middle of the download" in demo.stdout


def test_the_demonstration_of_bluetooth_goes_as_expected(tmp_path):
    demo = run(sys.executable, Build.top / "scripts" / "demo-ble", "--keep", tmp_path / "demo",
               timeout=200)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == 7
    assert "the power of the device failed" in demo.stdout


def test_the_demonstration_of_aws_iot_jobs_goes_as_expected(tmp_path):
    demo = run(sys.executable, Build.top / "scripts" / "demo-aws", "--keep", tmp_path / "demo",
               timeout=120)
    assert "Everything went as expected." in demo.stdout
    assert demo.stdout.count("as expected, after") == 5
    assert "is SUCCEEDED: accepted  v1.1.0" in demo.stdout
    assert demo.stdout.count("is FAILED: ") == 2
