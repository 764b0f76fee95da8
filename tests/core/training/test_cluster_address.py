"""The place of a process in a cluster: as the user writes it, and as a scheduler's environment tells it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.errors import UsageError
from vae_tui.core.training.cluster import parse_cluster
from vae_tui.core.training.cluster.detection import detect_cluster


@given(st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True), st.integers(1, 65535), st.integers(1, 4096), st.data())
def test_what_is_written_is_read(host: str, port: int, count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    found = parse_cluster(f"{host}:{port},{count},{index}", 7)
    assert (found.coordinator, found.processes, found.index) == (f"{host}:{port}", count, index)
    assert found.is_lead == (index == 0)
    assert found.join_seconds == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be auto or HOST:PORT,COUNT,INDEX"),
        ("node1", "must be auto or HOST:PORT,COUNT,INDEX"),
        ("node1,2,0", "must be auto or HOST:PORT,COUNT,INDEX"),
        ("node1:4567,2", "must be auto or HOST:PORT,COUNT,INDEX"),
        ("node1:4567,2,-1", "must be auto or HOST:PORT,COUNT,INDEX"),
        ("node1:0,2,1", "0 is no port"),
        ("node1:70000,2,1", "70000 is no port"),
        ("node1:4567,2,2", "there is no process 2 among 2"),
        ("node1:4567,0,0", "there is no process 0 among 0"),
    ],
)
def test_anything_else_is_refused_with_the_form(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="--cluster") as refusal:
        parse_cluster(text)
    assert said in str(refusal.value)


@pytest.mark.process
def test_slurm_is_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    slurm = {"JOB_ID": "17", "STEP_NODELIST": "node[3-6]", "NTASKS": "4", "PROCID": "2", "LOCALID": "0"}
    for name, value in (slurm | {"STEP_NUM_NODES": "4"}).items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    found = detect_cluster()
    assert found.coordinator.startswith("node3:")
    assert (found.processes, found.index) == (4, 2)


@pytest.mark.process
def test_no_scheduler_is_said_to_be_missing() -> None:
    with pytest.raises(UsageError, match="found no cluster"):
        detect_cluster()
