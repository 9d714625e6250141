# SPDX-License-Identifier: Apache-2.0
"""The stand-in for AWS IoT against what there is of the real one without it: moto, a mock of the
control plane, and the service model that AWS publishes and its own clients are made from."""

import json
import re
from pathlib import Path

import boto3
import botocore.loaders
import botocore.model
import botocore.validate
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from lab import Broker, Build, run
from lab.aws import Standin
from lab.aws_peers import AwsClient
from moto import mock_aws

THING = "otter-1"


# --- the control plane, against moto --------------------------------------------------------------

class Moto:
    """Jobs of the mock, by the calls that AWS's console and command line make."""

    def __init__(self):
        self.iot = boto3.client("iot", "eu-west-1", aws_access_key_id="x",
                                aws_secret_access_key="x")
        self.target = self.iot.create_thing(thingName=THING)["thingArn"]

    def create(self, job):
        self.iot.create_job(jobId=job, targets=[self.target], document="{}")

    def begin(self, job):
        # Devices reach the mock by no way of their own.
        backend = self.iot_backend()
        backend.job_executions[(job, THING)].status = "IN_PROGRESS"

    @staticmethod
    def iot_backend():
        from moto.iot.models import iot_backends
        return iot_backends["123456789012"]["eu-west-1"]

    def cancel(self, job, force):
        self.iot.cancel_job_execution(jobId=job, thingName=THING, force=force)

    def status(self, job):
        answer = self.iot.describe_job_execution(jobId=job, thingName=THING)
        return answer["execution"]["status"]

    def pending(self):
        answer = self.iot.list_job_executions_for_thing(thingName=THING)
        rows = {row["jobId"]: row["jobExecutionSummary"]["status"]
                for row in answer["executionSummaries"]}
        return sorted(job for job, status in rows.items() if status in ("QUEUED", "IN_PROGRESS"))


class Ours:
    """The same calls as commands of the stand-in."""

    def __init__(self, folder, thing):
        self.folder = folder
        self.thing = thing

    def create(self, job):
        path = self.folder.parent / "document.json"
        path.write_text("{}")
        run(Build.otter, "aws-standin", "create", self.folder, "--thing", THING, "--document", path,
            "--id", job)

    def begin(self, job):
        assert self.thing.update(job, "IN_PROGRESS")[0] == "accepted"

    def cancel(self, job, force):
        result = run(Build.otter, "aws-standin", "cancel", self.folder, job, "--thing", THING,
                     *(["--force"] if force else []), expect=None)
        if result.returncode:
            raise ClientError({"Error": {"Code": "InvalidStateTransitionException"}}, "cancel")

    def rows(self):
        return json.loads(run(Build.otter, "aws-standin", "status", self.folder, "--json").stdout)

    def status(self, job):
        return next(row["status"] for row in self.rows() if row["job"] == job)

    def pending(self):
        return sorted(row["job"] for row in self.rows()
                      if row["status"] in ("QUEUED", "IN_PROGRESS"))


STEPS = [("create", "a"), ("create", "b"), ("create", "c"), ("begin", "b"), ("cancel", "a", False),
         ("cancel", "b", False), ("cancel", "b", True), ("create", "d"), ("cancel", "d", True)]


def story(service):
    """What each step leaves."""
    for verb, job, *more in STEPS:
        try:
            getattr(service, verb)(job, *more)
            outcome = "done"
        except ClientError as error:
            outcome = error.response["Error"]["Code"]
        yield verb, job, outcome, service.status(job), service.pending()


@pytest.fixture
def ours(tmp_path):
    with Broker(tmp_path) as broker, Standin(tmp_path, broker, thing=THING) as standin, \
            AwsClient(broker, THING) as thing:
        yield Ours(standin.folder, thing)


def test_the_same_calls_leave_the_same_states_as_on_moto(ours):
    with mock_aws():
        theirs = list(story(Moto()))
    assert list(story(ours)) == theirs
    assert ("cancel", "b", "InvalidStateTransitionException", "IN_PROGRESS", ["b", "c"]) in theirs


# --- messages and limits, against the published service model -------------------------------------

def model_of(service):
    loader = botocore.loaders.create_loader()
    return botocore.model.ServiceModel(loader.load_service_model(service, "service-2"))


JOBS = model_of("iot-jobs-data")
IOT = model_of("iot")

KINDS = {"string": str, "long": int, "integer": int, "boolean": bool, "map": dict, "list": list,
         "structure": dict}

ON_MQTT_ONLY = {"clientToken", "timestamp"}
"""What messages have that the answers of the HTTPS interface have not."""


def hold_against(shape, value, path=""):
    """Every key is one of the shape's members and has its type; limits hold."""
    if path.endswith(".jobDocument"):
        return  # an object in a message, a text over HTTPS
    assert isinstance(value, KINDS[shape.type_name]), f"{path}: {value}"
    if shape.type_name == "structure":
        for key, inner in value.items():
            if path == "" and key in ON_MQTT_ONLY:
                continue
            assert key in shape.members, f"{path}.{key} is not in {shape.name}"
            hold_against(shape.members[key], inner, f"{path}.{key}")
    elif shape.type_name == "list":
        for inner in value:
            hold_against(shape.member, inner, f"{path}[]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            hold_against(shape.key, key, f"{path}.{key}")
            hold_against(shape.value, inner, f"{path}.{key}")
    elif getattr(shape, "enum", None):
        assert value in shape.enum, f"{path}: {value}"


@pytest.fixture
def thing(ours):
    return ours.thing


def answer_of(thing, operation, level, payload=""):
    outcome, answer = thing.ask(level, payload)
    assert outcome == "accepted", answer
    hold_against(JOBS.operation_model(operation).output_shape, answer)
    return answer


def test_answers_have_the_shapes_of_the_service_model(ours, thing):
    answer_of(thing, "DescribeJobExecution", "$next/get", {"clientToken": "c"})
    ours.create("a")
    ours.create("b")
    answer_of(thing, "GetPendingJobExecutions", "get")
    answer_of(thing, "StartNextPendingJobExecution", "start-next",
              {"statusDetails": {"a": "b"}, "stepTimeoutInMinutes": 5})
    answer_of(thing, "DescribeJobExecution", "$next/get")
    answer_of(thing, "GetPendingJobExecutions", "get", {"clientToken": "c"})
    answer_of(thing, "UpdateJobExecution", "a/update",
              {"status": "IN_PROGRESS", "includeJobExecutionState": True,
               "includeJobDocument": True})


def test_every_key_of_a_request_in_the_model_is_understood(ours, thing):
    """One wrong value in the place of each, and the request is refused."""
    ours.create("a")
    wrong = {"statusDetails": "x", "stepTimeoutInMinutes": "x", "expectedVersion": "x",
             "includeJobExecutionState": "x", "includeJobDocument": "x", "executionNumber": "x",
             "status": "x"}
    for operation, level, right in (("StartNextPendingJobExecution", "start-next", {}),
                                    ("DescribeJobExecution", "a/get", {}),
                                    ("UpdateJobExecution", "a/update", {"status": "IN_PROGRESS"})):
        members = set(JOBS.operation_model(operation).input_shape.members)
        for key in members - {"jobId", "thingName"}:
            outcome, answer = thing.ask(level, {**right, key: wrong[key]})
            assert (outcome, answer["code"]) == ("rejected", "InvalidRequest"), (operation, key)


def test_keys_of_details_are_as_long_as_the_model_lets_them_be(ours, thing):
    ours.create("a")
    longest = JOBS.shape_for("DetailsKey").metadata["max"]
    assert thing.update("a", "IN_PROGRESS", statusDetails={"k" * longest: "v"})[0] == "accepted"
    assert thing.update("a", "IN_PROGRESS", statusDetails={"k" * (longest + 1): "v"})[0] == "rejected"


def test_names_and_numbers_have_the_limits_of_the_model(tmp_path):
    """As the C headers have them, so that a newer model cannot pass unseen."""
    sources = Path(Build.top / "tools" / "otter" / "src")
    text = (sources / "aws_cloud.h").read_text() + (sources / "aws_answer.h").read_text()

    def constant(name):
        return int(re.search(rf"#define {name} +(\d+)", text)[1])

    assert constant("AWS_NAME_SIZE") == IOT.shape_for("ThingName").metadata["max"] + 1
    assert constant("AWS_NAME_SIZE") == IOT.shape_for("StreamId").metadata["max"] + 1
    assert constant("AWS_JOB_ID_SIZE") == IOT.shape_for("JobId").metadata["max"] + 1
    assert constant("AWS_STREAM_FILES_MAX") == IOT.shape_for("StreamFiles").metadata["max"]
    assert constant("AWS_RETRIES_MAX") == IOT.shape_for("NumberOfRetries").metadata["max"]
    file_type = IOT.shape_for("FileType").metadata
    assert (file_type["min"], file_type["max"]) == (0, 255)
    url = IOT.shape_for("ExpiresInSec").metadata
    for seconds in (url["min"] - 1, url["max"] + 1):
        result = run(Build.otter, "aws-standin", "create", tmp_path / "c", "--thing", "t", "--file",
                     __file__, "--url-seconds", seconds, expect=2)
        assert f"{url['min']} to {url['max']}" in result.stderr


def test_codes_and_statuses_are_those_of_the_model():
    sources = Path(Build.top / "tools" / "otter" / "src")
    statuses = set(re.findall(r'"([A-Z_]+)"', (sources / "aws_cloud.c").read_text()))
    assert set(JOBS.shape_for("JobExecutionStatus").enum) <= statuses
    codes = set(re.findall(r'"([A-Z][A-Za-z]+)"', (sources / "aws_answer.c").read_text()))
    errors = {shape.name.removesuffix("Exception")
              for operation in JOBS.operation_names
              for shape in JOBS.operation_model(operation).error_shapes}
    # Over HTTPS, these have other names or no counterpart.
    assert errors - codes <= {"CertificateValidation", "ServiceUnavailable", "Throttling",
                              "TerminalState", "ConflictException", "Conflict", "InternalServer",
                              "ServiceQuotaExceeded", "Validation"}


# --- the page that says how AWS is used -----------------------------------------------------------

PAGE = (Build.top / "docs" / "aws.md").read_text()

OF_THE_COMMAND_LINE = {"certificate-pem-outfile"}
"""Options that `aws` has, and the call behind it has not."""


def test_the_calls_on_the_page_exist_with_their_options():
    models = {"iot": IOT, "s3api": model_of("s3"), "iam": model_of("iam")}
    calls = re.findall(r"^    aws (\S+) (\S+)(.*)$", PAGE, re.MULTILINE)
    assert len(calls) > 10
    for service, call, words in calls:
        model = models[service]
        names = {xform_name(name, "-"): name for name in model.operation_names}
        members = model.operation_model(names[call]).input_shape.members
        options = {xform_name(member, "-") for member in members} | OF_THE_COMMAND_LINE
        used = set(re.findall(r"--(\S+)", words))
        assert used <= options, f"{call}: {used - options}"
        required = {xform_name(member, "-")
                    for member in model.operation_model(names[call]).input_shape.required_members}
        assert required <= used, f"{call}: {required - used}"


def actions_of(policy):
    for statement in policy["Statement"]:
        action = statement["Action"]
        yield from [action] if isinstance(action, str) else action


def test_the_documents_on_the_page_are_right():
    device, trust, role, files = [json.loads(text) for text in
                                  re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert sorted(actions_of(device)) \
        == ["iot:Connect", "iot:Publish", "iot:Receive", "iot:Subscribe"]
    assert list(actions_of(trust)) == ["sts:AssumeRole"]
    assert "iam:PassRole" in actions_of(role)
    shape = IOT.operation_model("CreateOTAUpdate").input_shape.members["files"]
    report = botocore.validate.ParamValidator().validate(files, shape)
    assert not report.has_errors(), report.generate_report()
