from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcelwise.errors import Misconfigured
from parcelwise.ml import artifacts, registry, scores
from parcelwise.ml.artifacts import Damaged
from parcelwise.models import ModelVersion, Problem

Stage = ModelVersion.Stage


@pytest.fixture(autouse=True)
def models_folder(settings, tmp_path):
    settings.PARCELWISE = {**settings.PARCELWISE, "ML": {"DIR": tmp_path}}
    return tmp_path


def a_version(version: str = "1", *, pinball: float = 1.0, baseline: float = 2.0, **columns) -> ModelVersion:
    return registry.enter(
        "arrival", version, scores={"pinball": pinball}, baseline_scores={"pinball": baseline}, **columns
    )


# Scores


def test_scores_of_a_small_table():
    actual, low, high = [3.0, 5.0, 9.0], [2.0, 5.0, 3.0], [4.0, 6.0, 8.0]
    assert scores.mae(actual, [4.0, 5.0, 7.0]) == 1.0
    assert scores.coverage(actual, low, high) == pytest.approx(2 / 3)
    assert scores.width(low, high) == pytest.approx(8 / 3)
    assert scores.pinball([10.0], [8.0], 0.9) == pytest.approx(1.8)
    assert scores.pinball([8.0], [10.0], 0.9) == pytest.approx(0.2)
    assert scores.brier([True, False], [0.8, 0.4]) == pytest.approx(0.1)
    assert scores.brier_of_base_rate([True, False, False, False]) == pytest.approx(0.1875)
    assert scores.auc([False, True, True, False], [0.1, 0.4, 0.35, 0.35]) == pytest.approx(0.875)
    assert scores.macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)


def test_no_rows_have_no_score():
    for score in (lambda: scores.mae([], []), lambda: scores.brier([], []), lambda: scores.auc([True], [0.5])):
        with pytest.raises(ValueError, match="no rows|one kind"):
            score()


def test_rows_must_match():
    with pytest.raises(ValueError, match="shorter"):
        scores.mae([1.0, 2.0], [1.0])


floats = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(floats, floats), min_size=1))
def test_pinball_of_the_median_is_half_the_absolute_error(rows):
    actual, predicted = zip(*rows, strict=True)
    assert scores.pinball(actual, predicted, 0.5) == pytest.approx(scores.mae(actual, predicted) / 2)


@given(st.lists(st.integers(0, 20), min_size=20, max_size=60), st.sampled_from([0.1, 0.5, 0.9]))
def test_pinball_is_least_at_the_quantile_itself(rows, quantile):
    def loss(guess: float) -> float:
        return scores.pinball(rows, [guess] * len(rows), quantile)

    own = sorted(rows)[min(int(quantile * len(rows)), len(rows) - 1)]
    assert loss(own) <= min(loss(guess) for guess in range(21)) + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2))
def test_auc_counts_the_pairs_in_the_right_order(rows):
    above = [1.0 if p > q else 0.5 if p == q else 0.0 for y, p in rows if y for z, q in rows if not z]
    if above:
        assert scores.auc([y for y, _ in rows], [p for _, p in rows]) == pytest.approx(sum(above) / len(above))


# Files


def test_a_file_is_read_back_only_when_it_is_the_one_that_was_written(models_folder):
    artifact = artifacts.save_json("arrival", "2026-11-22", {"lanes": [1.5, 2]})
    assert artifact.path == "arrival/2026-11-22.json"
    assert artifacts.load(*artifact) == b'{"lanes":[1.5,2]}'
    place = models_folder / artifact.path
    place.write_bytes(place.read_bytes().replace(b"1.5", b"9.5"))
    with pytest.raises(Damaged, match="SHA-256"):
        artifacts.load(*artifact)
    place.unlink()
    with pytest.raises(Damaged, match="cannot be read"):
        artifacts.load(*artifact)
    assert list(models_folder.rglob("tmp*")) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden"])
def test_a_name_cannot_lead_out_of_the_folder(name):
    with pytest.raises(ValueError, match="no place"):
        artifacts.save(name, "1", b"")
    with pytest.raises(ValueError, match="no place"):
        artifacts.save("arrival", name, b"")


def test_a_path_in_the_data_base_cannot_lead_out_of_the_folder(models_folder):
    with pytest.raises(Damaged, match="not in the folder"):
        artifacts.load("../../etc/passwd", "0" * 64)


def test_a_pickle_has_no_place():
    with pytest.raises(ValueError, match="no place"):
        artifacts.save("arrival", "1", b"", kind="pickle")


def test_what_is_no_json_is_not_saved():
    with pytest.raises(ValueError, match="JSON"):
        artifacts.save_json("arrival", "1", {"x": float("nan")})


def test_without_a_folder_the_setting_is_named(settings):
    settings.PARCELWISE = {}
    settings.BASE_DIR = "/srv/shop"
    assert str(artifacts.folder()) == "/srv/shop/var/models"
    settings.BASE_DIR = None
    with pytest.raises(Misconfigured, match="ML"):
        artifacts.folder()


# The registry


@pytest.mark.django_db
def test_without_a_champion_the_baseline_speaks():
    a_version()
    assert registry.live("arrival") is None


@pytest.mark.django_db
def test_the_first_version_needs_to_beat_the_baseline_alone():
    assert not registry.consider(a_version("worse", pinball=2.1), metric="pinball").passed
    assert registry.consider(a_version("better", pinball=1.9), metric="pinball").passed
    assert registry.live("arrival").version == "better"
    worse = ModelVersion.objects.get(version="worse")
    assert (worse.stage, worse.why) == (Stage.REFUSED, "pinball 2.1 is not better than 2 of the baseline.")


@pytest.mark.django_db
def test_a_later_version_needs_to_beat_the_champion_on_the_same_rows():
    registry.consider(a_version("1"), metric="pinball")
    with pytest.raises(ValueError, match="score it on the rows"):
        registry.consider(a_version("2", pinball=0.9), metric="pinball")
    same = registry.consider(a_version("3", pinball=0.9), metric="pinball", champion_scores={"pinball": 0.9})
    assert not same.passed
    close = registry.consider(
        a_version("4", pinball=0.9), metric="pinball", champion_scores={"pinball": 0.905}, margin=0.01
    )
    assert not close.passed
    assert registry.consider(a_version("5", pinball=0.8), metric="pinball", champion_scores={"pinball": 0.9}).passed
    stages = dict(ModelVersion.objects.values_list("version", "stage"))
    assert (stages["1"], stages["5"]) == (Stage.RETIRED, Stage.CHAMPION)


@pytest.mark.parametrize(
    ("own", "baseline", "champion"),
    [({}, {"m": 1}, None), ({"m": float("nan")}, {"m": 1}, None), ({"m": 0.5}, {}, None), ({"m": 0.5}, {"m": 1}, {})],
)
def test_a_missing_score_passes_no_gate(own, baseline, champion):
    assert not registry.gate(own, baseline, champion, metric="m").passed


@pytest.mark.django_db
def test_the_champion_of_a_scope_speaks_before_the_one_for_all():
    for_all, own = a_version("all"), a_version("own", scope="store-1")
    registry.promote(for_all, "first")
    assert registry.live("arrival", "store-1") == for_all
    registry.promote(own, "learned from its own parcels")
    assert registry.live("arrival", "store-1") == own
    assert registry.live("arrival", "store-2") == for_all
    assert registry.live("returns", "store-1") is None


@pytest.mark.django_db
def test_rolling_back_goes_one_back_each_time_and_ends_at_the_baseline():
    for version in ("1", "2", "3"):
        registry.promote(a_version(version), "better")
    assert registry.roll_back("arrival", why="too many late parcels").version == "2"
    assert registry.live("arrival").version == "2"
    assert registry.roll_back("arrival", why="still").version == "1"
    assert registry.roll_back("arrival", why="still") is None
    assert registry.live("arrival") is None
    assert registry.roll_back("arrival", why="nothing left") is None


@pytest.mark.django_db
def test_a_damaged_file_is_never_served_and_staff_hear_of_it(models_folder):
    artifact = artifacts.save_json("arrival", "1", {"level": 3})
    registry.promote(a_version(artifact=artifact), "first")
    parse = bytes.decode
    (models_folder / artifact.path).write_bytes(b'{"level":4}')
    assert registry.live_model("arrival", "", parse) is None
    assert "SHA-256" in Problem.objects.get(kind="model", solved_at=None).sentence
    artifacts.save_json("arrival", "1", {"level": 3})
    version, model = registry.live_model("arrival", "", parse)
    assert (version.version, model) == ("1", '{"level":3}')
    (models_folder / artifact.path).unlink()
    assert registry.live_model("arrival", "", parse)[1] == model, "it is held in memory"


@pytest.mark.django_db
def test_promoting_again_solves_the_problem_of_the_file():
    Problem.objects.note("model", "arrival:", "The file is gone.")
    registry.promote(a_version(), "trained anew")
    assert not Problem.objects.filter(solved_at=None).exists()
