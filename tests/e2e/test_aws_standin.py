# SPDX-License-Identifier: Apache-2.0
"""`otter aws-standin` against devices that share no code with it, over a real broker."""

import json
import random
import re
import time
import urllib.error
import urllib.request

import pytest
from lab import Build, Certificates, free_port, run
from lab.aws import Standin
from lab.aws_peers import AwsClient, Gone, NewLibrary, OldAgent, is_signed

THING = "otter-1"


def bytes_of(size, seed=1):
    return random.Random(seed).randbytes(size)


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    """Certificates with one for who signs files."""
    return Certificates(tmp_path_factory.mktemp("signer"), clients=("signer", "stranger"))


class Cloud(Standin):
    """A stand-in for one thing, and what is asked of it on the command line."""

    def __init__(self, tmp_path, broker, *options, **more):
        super().__init__(tmp_path, broker, *options, thing=THING, **more)
        self.files = 0

    def release(self, data, **options):
        """Make a job that delivers these bytes."""
        self.files += 1
        path = self.folder.parent / f"file-{self.files}.bin"
        path.write_bytes(data)
        return self.create(path, **options)

    def do(self, verb, *words, **options):
        return run(Build.otter, "aws-standin", verb, self.folder, *words, **options)

    def states(self, job):
        """Details that the thing reported, in their order."""
        return [event["detail"] for event in self.events("update")
                if event.get("subject") == job and event["outcome"] == "accepted"]


@pytest.fixture
def cloud(tmp_path, plain_broker):
    with Cloud(tmp_path, plain_broker) as cloud:
        yield cloud


@pytest.fixture
def thing(plain_broker, cloud):
    with AwsClient(plain_broker, THING) as client:
        yield client


# --- whole lives of jobs --------------------------------------------------------------------------

@pytest.mark.parametrize("size, block_size", [(65536, 4096), (65537, 4096), (10240, 1024),
                                              (40000, 1024), (300, 256), (1, 4096)])
def test_the_old_agent_updates_itself(tmp_path, plain_broker, cloud, signer, size, block_size):
    data = bytes_of(size)
    job = cloud.release(data, sign_key=signer.key("signer"))
    certificate = signer.certificate("signer")
    with OldAgent(plain_broker, THING, tmp_path, certificate, block_size=block_size) as device:
        assert device.run() == "restart"
        assert device.received_file == data
        assert device.duplicates == 0
    with OldAgent(plain_broker, THING, tmp_path, version=(0, 9, 3)) as device:
        assert device.run() == "accepted"
        device.wait_until(lambda: device.head() == "")
        assert device.run() == "no job"
    assert cloud.execution(job)["status"] == "SUCCEEDED"
    assert cloud.execution(job)["statusDetails"]["reason"] == "accepted  v0.9.3"
    blocks = -(-size // block_size)
    assert cloud.states(job)[0] == f"IN_PROGRESS receive=1/{blocks} (version 2)"


def test_the_libraries_that_replaced_it_are_served(plain_broker, cloud):
    data = bytes_of(20_000)
    job = cloud.release(data)
    with NewLibrary(plain_broker, THING) as device:
        assert device.run() == data
        assert device.run() is None
    assert cloud.execution(job)["status"] == "SUCCEEDED"
    assert cloud.execution(job)["versionNumber"] == 3


def test_all_of_it_over_tls(tmp_path, tls_broker):
    data = bytes_of(20_000)
    with Cloud(tmp_path, tls_broker) as cloud, NewLibrary(tls_broker, THING) as device:
        cloud.release(data)
        assert device.run() == data


def test_a_file_that_a_stranger_signed_is_refused(tmp_path, plain_broker, cloud, signer):
    job = cloud.release(bytes_of(5000), sign_key=signer.key("stranger"))
    with OldAgent(plain_broker, THING, tmp_path, signer.certificate("signer")) as device:
        assert device.run() == "failed"
        device.wait_until(lambda: device.head() == "")
    assert cloud.execution(job)["statusDetails"]["reason"] == "0x000000e3: 0x00000000"


@pytest.mark.parametrize("options", [{}, {"signature_name": "sig-SHA-256-ecdsa"}])
def test_a_file_without_a_signature_that_it_knows_is_refused(tmp_path, plain_broker, cloud, signer,
                                                             options):
    key = {"sign_key": signer.key("signer")} if options else {}
    job = cloud.release(bytes_of(5000), **key, **options)
    with OldAgent(plain_broker, THING, tmp_path, signer.certificate("signer")) as device:
        assert device.run() == "failed"
        device.wait_until(lambda: device.head() == "")
    assert cloud.execution(job)["statusDetails"]["reason"] == "0x0000000c: 0x00000004"


def test_files_are_signed_with_rsa_too(tmp_path, cloud, thing):
    key, certificate = tmp_path / "rsa.pem", tmp_path / "rsa.crt"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
        certificate, "-subj", "/CN=ota")
    data = bytes_of(5000)
    cloud.release(data, sign_key=key)
    file = thing.next_execution()["jobDocument"]["afr_ota"]["files"][0]
    assert is_signed(data, file["sig-sha256-rsa"], certificate, tmp_path)
    assert not is_signed(data + b"x", file["sig-sha256-rsa"], certificate, tmp_path)


@pytest.mark.parametrize("version, reason", [((0, 9, 2), "rejected: 0x00000010"),
                                             ((0, 9, 1), "rejected: 0x0000000f")])
def test_a_device_that_reverted_says_so(tmp_path, plain_broker, cloud, version, reason):
    job = cloud.release(bytes_of(5000))
    with OldAgent(plain_broker, THING, tmp_path) as device:
        assert device.run() == "restart"
    with OldAgent(plain_broker, THING, tmp_path, version=version) as device:
        assert device.run() == "failed"
        device.wait_until(lambda: device.head() == "")
    assert cloud.execution(job)["statusDetails"] == {"reason": reason}


def test_three_updates_one_after_the_other(tmp_path, plain_broker, cloud):
    for number in range(3):
        data = bytes_of(9000, number)
        job = cloud.release(data)
        with OldAgent(plain_broker, THING, tmp_path, version=(1, 0, number)) as device:
            assert device.run() == "restart"
            assert device.received_file == data
        with OldAgent(plain_broker, THING, tmp_path, version=(1, 0, number + 1)) as device:
            assert device.run() == "accepted"
            device.wait_until(lambda device=device: device.head() == "")
        assert cloud.execution(job)["status"] == "SUCCEEDED"


def test_a_job_of_another_kind_is_delivered_as_it_is(tmp_path, plain_broker, cloud):
    document = {"operation": "reboot", "files": [{"a": 1}]}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    job = cloud.do("create", "--thing", THING, "--document", path, "--id", "reboot-1").stdout
    assert job == "reboot-1\n"
    with OldAgent(plain_broker, THING, tmp_path) as device:
        assert device.next_execution()["jobDocument"] == document
        assert device.run() == "custom job"


# --- blocks that do not come as they should -------------------------------------------------------

@pytest.mark.parametrize("faults", [["lose=20", "seed=7"], ["repeat=30", "swap=30", "seed=3"],
                                    ["wrong-file=20", "wrong-length=20"],
                                    ["delay=5", "delay-ms=400", "other-order"], ["definite"],
                                    ["reject=InternalError", "reject-first=2"]])
def test_the_old_agent_survives(tmp_path, plain_broker, signer, faults):
    data = bytes_of(100_000)
    options = [word for fault in faults for word in ("--fault", fault)]
    with Cloud(tmp_path, plain_broker, *options) as cloud, \
            OldAgent(plain_broker, THING, tmp_path, signer.certificate("signer")) as device:
        cloud.release(data, sign_key=signer.key("signer"))
        assert device.run() == "restart"
        assert device.received_file == data


def test_a_wrong_bit_is_found_by_the_signature(tmp_path, plain_broker, signer):
    with Cloud(tmp_path, plain_broker, "--fault", "corrupt=20") as cloud, \
            OldAgent(plain_broker, THING, tmp_path, signer.certificate("signer")) as device:
        cloud.release(bytes_of(100_000), sign_key=signer.key("signer"))
        assert device.run() == "failed"


def test_a_silent_stream_makes_the_old_agent_give_up(tmp_path, plain_broker):
    with Cloud(tmp_path, plain_broker, "--fault", "silent-after=3") as cloud, \
            OldAgent(plain_broker, THING, tmp_path, timer=0.02) as device:
        job = cloud.release(bytes_of(100_000))
        assert device.run() == "failed"
        assert device.requests > 32
        device.wait_until(lambda: device.head() == "")
        assert cloud.execution(job)["statusDetails"] == {"reason": "aborted: 0x00000000"}


def test_streams_are_slow_and_jobs_refuse_when_a_thing_asks_for_too_much(tmp_path, plain_broker):
    data = bytes_of(60_000)
    with Cloud(tmp_path, plain_broker, "--bytes-per-second", 30_000, "--messages-per-second", 10) \
            as cloud, OldAgent(plain_broker, THING, tmp_path, timer=3) as device:
        cloud.release(data)
        for _ in range(40):
            device.tell("jobs/get")
        device.wait_until(lambda: len(device.answers) == 40)
        codes = [answer.get("code") for _, answer in device.answers]
        assert codes[0] is None and "RequestThrottled" in codes
        time.sleep(1)
        began = time.monotonic()
        assert device.run() == "restart"
        assert time.monotonic() - began > 0.8
        assert device.received_file == data


def test_a_stream_is_described_and_read_in_json(thing, cloud):
    data = bytes_of(5000)
    cloud.release(data, id="j")
    stream = thing.next_execution()["jobDocument"]["afr_ota"]["streamname"]
    thing.ask_blocks(stream, {"s": 1, "f": 0, "l": 4096, "o": 0, "n": 2}, "json")
    thing.wait_until(lambda: len(thing.blocks) == 2)
    assert [block["l"] for _, block in thing.blocks] == [4096, 904]
    thing.ask_blocks(stream, {"s": 2, "f": 0, "l": 4096, "n": 1, "c": "t"})
    thing.wait_until(lambda: thing.errors)
    error = thing.errors[0][1]
    assert (error["o"], error["code"], error["c"]) == ("VersionMismatch", "VersionMismatch", "t")


# --- several jobs, changed while a device is at work ----------------------------------------------

def kinds(thing):
    return [kind for kind, _ in thing.notifications]


def expect(thing, *expected):
    """Exactly these notifications come."""
    thing.wait_until(lambda: len(thing.notifications) >= len(expected), 5)
    assert kinds(thing) == list(expected)
    del thing.notifications[:]


def test_a_thing_is_notified_of_what_changes(thing, cloud):
    first = cloud.release(b"1", id="1")
    expect(thing, "notify", "notify-next")
    second = cloud.release(b"2", id="2")
    expect(thing, "notify")
    assert thing.update(second, "IN_PROGRESS")[0] == "accepted"
    expect(thing, "notify-next")
    assert thing.head() is None
    assert thing.update(second, "SUCCEEDED")[0] == "accepted"
    expect(thing, "notify", "notify-next")
    cloud.do("cancel", first)
    thing.wait_until(lambda: len(thing.notifications) == 2)
    assert [message.get("jobs", message.get("execution")) for _, message in thing.notifications] \
        == [{}, None]


def test_a_begun_job_is_cancelled_only_by_force(thing, cloud):
    job = cloud.release(b"1")
    assert thing.update(job, "IN_PROGRESS")[0] == "accepted"
    refused = cloud.do("cancel", job, expect=1)
    assert "IN_PROGRESS" in refused.stderr and "--force" in refused.stderr
    cloud.do("cancel", job, "--force")
    assert "nothing" in cloud.do("cancel", job, "--force", expect=1).stderr
    outcome, answer = thing.update(job, "IN_PROGRESS", clientToken="c")
    assert outcome == "rejected"
    assert answer["code"] == "InvalidStateTransition" and answer["clientToken"] == "c"
    assert answer["executionState"]["status"] == "CANCELED"
    assert thing.ask(f"{job}/get")[1]["code"] == "TerminalStateReached"
    cloud.do("delete", job)
    assert thing.update(job, "SUCCEEDED")[1]["code"] == "ResourceNotFound"
    assert not list((cloud.folder / "files").iterdir())
    assert not list((cloud.folder / "streams").iterdir())


def test_a_pending_job_is_deleted_only_by_force(thing, cloud):
    job = cloud.release(b"1")
    thing.wait_until(lambda: thing.head() == job)
    assert "has not ended" in cloud.do("delete", job, expect=1).stderr
    cloud.do("delete", job, "--force")
    thing.wait_until(lambda: thing.head() == "")
    assert thing.next_execution() is None


def test_a_thing_that_left_has_its_jobs_removed(thing, cloud):
    job = cloud.release(b"1")
    thing.wait_until(lambda: thing.head() == job)
    cloud.do("remove", "--thing", THING)
    thing.wait_until(lambda: thing.head() == "")
    assert cloud.execution(job)["status"] == "REMOVED"


def test_of_two_jobs_the_first_is_cancelled_during_the_download(tmp_path, plain_broker):
    second = bytes_of(30_000, 2)
    with Cloud(tmp_path, plain_broker, "--bytes-per-second", 60_000) as cloud, \
            OldAgent(plain_broker, THING, tmp_path, timer=3) as device:
        job = cloud.release(bytes_of(300_000, 1))
        cloud.release(second)
        device.on_block = lambda done: done == 1 and cloud.do("cancel", job, "--force")
        assert device.run() == "aborted"
        device.on_block = lambda done: None
        assert device.run() == "restart"
        assert device.received_file == second
        assert cloud.execution(job)["status"] == "CANCELED"


def leave_at_third_block(done):
    if done == 3:
        raise Gone


def test_a_job_cancelled_while_the_device_is_away_makes_room_for_the_next(tmp_path, plain_broker,
                                                                          cloud):
    first = cloud.release(bytes_of(50_000, 1))
    with OldAgent(plain_broker, THING, tmp_path) as device:
        device.on_block = leave_at_third_block
        assert device.run() == "aborted"
        cloud.wait_for("receive=1/13")
    cloud.do("cancel", first, "--force")
    data = bytes_of(20_000, 2)
    cloud.release(data)
    with OldAgent(plain_broker, THING, tmp_path) as device:
        assert device.run() == "restart"
        assert device.received_file == data


def test_what_takes_too_long_times_out_and_is_tried_again(tmp_path, plain_broker):
    with Cloud(tmp_path, plain_broker, "--minute", 1) as cloud, \
            AwsClient(plain_broker, THING) as thing:
        job = cloud.release(b"1", timeout=1, retry_timed_out=1)
        outcome, answer = thing.ask("start-next", {"stepTimeoutInMinutes": 10})
        assert answer["execution"]["approximateSecondsBeforeTimedOut"] == 1
        thing.wait_until(lambda: any(message.get("execution", {}).get("executionNumber") == 2
                                     for _, message in thing.notifications))
        status = json.loads(cloud.do("status", job, "--json").stdout)
        assert [row["status"] for row in status] == ["TIMED_OUT", "QUEUED"]
        assert status[1]["versionNumber"] == 1
        outcome, answer = thing.update(job, "FAILED", executionNumber=1)
        assert (outcome, answer["code"]) == ("rejected", "InvalidStateTransition")


# --- what a restart and a person's hand leave -----------------------------------------------------

def test_a_restart_of_the_standin_loses_and_repeats_nothing(thing, cloud):
    job = cloud.release(b"1")
    expect(thing, "notify", "notify-next")
    assert thing.update(job, "IN_PROGRESS", statusDetails={"receive": "1/2"})[0] == "accepted"
    cloud.kill()
    second = cloud.release(b"2")
    cloud.start()
    expect(thing, "notify")
    execution = thing.next_execution()
    assert execution["jobId"] == job and execution["versionNumber"] == 2
    assert execution["statusDetails"] == {"receive": "1/2"}
    assert thing.update(job, "SUCCEEDED", expectedVersion=2)[0] == "accepted"
    thing.wait_until(lambda: thing.head() == second)


def test_documents_may_be_edited_while_it_runs(thing, cloud):
    cloud.release(bytes_of(1000))
    stream = thing.next_execution()["jobDocument"]["afr_ota"]["streamname"]
    path = cloud.folder / "streams" / f"{stream}.json"
    whole = path.read_text()
    path.write_text(whole[:40])
    cloud.wait_for("is ignored: it is no JSON object")
    thing.ask_blocks(stream, {"s": 1, "f": 0, "l": 1024, "n": 1})
    thing.wait_until(lambda: thing.blocks)
    path.write_text(re.sub(r'"streamVersion":\s*1', '"streamVersion": 2', whole))
    thing.ask_blocks(stream, {"s": 1, "f": 0, "l": 1024, "n": 1})
    thing.wait_until(lambda: thing.errors)
    assert thing.errors[0][1]["o"] == "VersionMismatch"


def test_lost_answers_leave_the_work_done(tmp_path, plain_broker):
    with Cloud(tmp_path, plain_broker, "--fault", "lose-jobs=100") as cloud, \
            AwsClient(plain_broker, THING) as thing:
        job = cloud.release(b"1")
        thing.tell(f"jobs/{job}/update", {"status": "SUCCEEDED"})
        cloud.wait_until_ended(job)
        assert not thing.received


# --- files over HTTP ------------------------------------------------------------------------------

def fetch(url, **headers):
    """Returns status, headers and body."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=names)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class Files(Cloud):
    """A stand-in with a file server without TLS."""

    def __init__(self, tmp_path, broker, *options):
        super().__init__(tmp_path, broker, "--url-port", free_port(), *options)


def url_of(thing):
    return thing.next_execution()["jobDocument"]["afr_ota"]["files"][0]["update_data_url"]


def test_a_presigned_url_delivers_ranges(tmp_path, plain_broker):
    data = bytes_of(50_000)
    with Files(tmp_path, plain_broker) as cloud, AwsClient(plain_broker, THING) as thing:
        cloud.release(data, protocol="http")
        document = thing.next_execution()["jobDocument"]["afr_ota"]
        assert document["protocols"] == ["HTTP"] and "streamname" not in document
        assert document["files"][0]["auth_scheme"] == "aws.s3.presigned"
        url = document["files"][0]["update_data_url"]
        assert 1200 < len(url) < 1500
        status, headers, body = fetch(url, Range="bytes=100-4195")
        assert (status, headers["Content-Range"], body) \
            == (206, "bytes 100-4195/50000", data[100:4196])
        assert fetch(url)[::2] == (200, data)
        assert fetch(url, Range="bytes=50000-")[0] == 416
        assert fetch(url, If_Match=headers["ETag"], Range="bytes=0-0")[0] == 206
        assert fetch(url, If_Match='"another"')[0] == 412
        assert fetch(url.replace("Expires=1800", "Expires=9999"))[0] == 403
        assert b"SignatureDoesNotMatch" in fetch(url.replace("%2F", "%2f", 1))[2]
        assert url_of(thing) != url


def fetch_in_time(thing, **headers):
    """Fetch from a fresh URL; on a busy machine the first may have expired before it is used."""
    for _ in range(20):
        url = url_of(thing)
        answer = fetch(url, **headers)
        if answer[0] != 403:
            return url, answer
    raise AssertionError(answer)


def test_a_url_expires_and_a_fresh_one_comes_with_the_document(tmp_path, plain_broker):
    data = bytes_of(5000)
    with Files(tmp_path, plain_broker, "--fault", "url-seconds=2") as cloud, \
            AwsClient(plain_broker, THING) as thing:
        cloud.release(data, protocol="both")
        url, answer = fetch_in_time(thing, Range="bytes=0-999")
        assert answer[2] == data[:1000]
        time.sleep(2)
        status, headers, body = fetch(url, Range="bytes=1000-1999")
        assert status == 403 and headers["Content-Type"] == "application/xml"
        assert b"<Code>AccessDenied</Code>" in body and b"Request has expired" in body
        assert fetch_in_time(thing, Range="bytes=1000-1999")[1][2] == data[1000:2000]


def test_the_file_server_misbehaves_on_demand(tmp_path, plain_broker):
    data = bytes_of(50_000)
    (tmp_path / "other.bin").write_bytes(b"another object")
    cases = [("http-whole", 200, data), ("http-status=503", 503, None),
             (f"http-other={tmp_path / 'other.bin'}", 206, b"another object")]
    for fault, status, body in cases:
        with Files(tmp_path, plain_broker, "--fault", fault) as cloud, \
                AwsClient(plain_broker, THING) as thing:
            if not list((cloud.folder / "jobs").iterdir()):
                cloud.release(data, protocol="http")
            answer = fetch(url_of(thing), Range="bytes=0-40000")
            assert answer[0] == status
            assert body is None or answer[2] == body
    with Files(tmp_path, plain_broker, "--fault", "http-break=1000"), \
            AwsClient(plain_broker, THING) as thing:
        with pytest.raises(Exception, match="IncompleteRead|Connection"):
            fetch(url_of(thing))


# --- the command ----------------------------------------------------------------------------------

@pytest.mark.parametrize("words, status, text", [
    (["create", "--thing", "a/b", "--file", "FILE"], 2, "is no name of a thing"),
    (["create", "--thing", "t", "--file", "FILE", "--file-type", "256"], 2, "0 to 255"),
    (["create", "--thing", "t", "--file", "EMPTY"], 2, "1 byte to 24 MiB"),
    (["create", "--thing", "t", "--file", "FILE", "--timeout", "10081"], 2, "1 to 10080"),
    (["create", "--thing", "t", "--file", "FILE", "--protocol", "ftp"], 2, "mqtt, http or both"),
    (["create", "--thing", "t", "--file", "FILE", "--id", "a.b"], 2, "letters, digits"),
    (["create", "--thing", "t"], 2, "nothing to deliver"),
    (["create", "--thing", "t", "--document", "FILE"], 2, "is no job document"),
    (["create", "--file", "FILE"], 2, "--thing THING is missing"),
    (["cancel", "no-such-job"], 2, "there is no job"),
    (["delete", "no-such-job"], 2, "there is no job"),
    (["remove", "--thing", "nobody"], 2, "there is no thing"),
    (["run", "--plain", "--fault", "lose=101"], 2, "0 to 100"),
    (["run", "--plain", "--fault", "loose"], 2, "the name of a fault"),
    (["run", "--plain", "--fault", "reject=Oops"], 2, "NAME=CODE"),
    (["run", "--plain", "--minute", "0"], 2, "at least one second"),
    (["run", "--plain", "--url-cert", "x"], 2, "belong together"),
    (["run"], 2, "--ca"),
])
def test_wrong_questions_are_answered_with_what_to_do(tmp_path, words, status, text):
    folder = tmp_path / "cloud"
    run(Build.otter, "aws-standin", "add", folder, "--thing", "t")
    (tmp_path / "FILE").write_bytes(b"no json")
    (tmp_path / "EMPTY").write_bytes(b"")
    result = run(Build.otter, "aws-standin", words[0], folder, *words[1:], cwd=tmp_path,
                 expect=status)
    assert text in result.stderr
    assert not list((folder / "jobs").iterdir()) and not list((folder / "files").iterdir())


def test_status_shows_people_how_far_a_thing_is(cloud, thing):
    job = cloud.release(b"1", id="42")
    thing.update(job, "IN_PROGRESS", statusDetails={"receive": "12/48"})
    line = cloud.do("status").stdout.splitlines()[1]
    assert re.match(r"otter-1 +AFR_OTA-42 +IN_PROGRESS +1 +2 .*receive=12/48 \(25 %\)", line)
    assert "there is no job" in cloud.do("status", "other", expect=2).stderr


class ForPeople(Cloud):
    """Its log is for people, without what goes well with streams."""
    manner = ()


def test_the_log_tells_people_what_happens(tmp_path, plain_broker):
    with ForPeople(tmp_path, plain_broker) as cloud, AwsClient(plain_broker, THING) as thing:
        cloud.wait_for(r"answering for 1 thing with 0 jobs at 127\.0\.0\.1:\d+$")
        job = cloud.release(b"1", id="1", protocol="both")
        cloud.wait_for(r"notify-next +AFR_OTA-1  QUEUED \(version 1\)$")
        cloud.wait_for(r"no URL +AFR_OTA-1  start with --url-port$")
        thing.update(job, "IN_PROGRESS", statusDetails={"receive": "1/2"})
        cloud.wait_for(r"otter-1 +update +AFR_OTA-1  accepted  IN_PROGRESS receive=1/2 \(version 2\)$")
        stream = thing.next_execution()["jobDocument"]["afr_ota"]["streamname"]
        thing.ask_blocks(stream, {"f": 0, "l": 256, "n": 1})
        thing.ask_blocks(stream, {"f": 9, "l": 256, "n": 1})
        cloud.wait_for(rf"otter-1 +stream +{stream}  ResourceNotFound  The resource does not exist$")
        assert cloud.count(" stream ") == 1


def test_only_one_answers_for_a_folder(cloud, plain_broker):
    second = cloud.do("run", *plain_broker.options_for("publisher"), expect=2)
    assert "another stand-in answers" in second.stderr


def test_a_folder_that_is_not_there_is_not_answered_for(tmp_path):
    result = run(Build.otter, "aws-standin", "run", tmp_path / "none", "--plain", expect=2)
    assert "otter aws-standin add" in result.stderr
