"""Predictions, quizzes and the file of a learner's progress; their widgets are handled by hand."""

import json
import threading
from collections import Counter

import ipywidgets
import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.learning import exercise, prediction, progress, quiz
from helpers.learning.prediction import Answer, Prediction
from helpers.learning.progress import keep_answer, keep_exercise
from helpers.view import asking, html, notebook
from helpers.view.frontend import place

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "progress.json"
    monkeypatch.setenv(names.PROGRESS_VARIABLE, str(path))
    return path


def lesson(number):
    return next(each for each in progress.read().lessons if each.number == number)


# quizzes


def test_every_lesson_has_a_quiz():
    lessons = {path.stem[:2] for path in (names.ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb")}
    assert quiz.lengths() == dict.fromkeys(sorted(lessons), 3)
    assert tuple(quiz.lengths()) == exercise.numbers()


@pytest.mark.parametrize("number", exercise.numbers())
def test_every_condition_of_an_exercise_can_be_read_and_has_a_hint(number):
    task = exercise.exercise(number)
    assert task.conditions and all(each.says and each.hints for each in task.conditions)


@pytest.mark.parametrize("number", quiz.lengths())
def test_every_option_is_explained_and_one_is_right(number):
    for question in quiz.quiz(number).questions:
        assert 2 <= len(question.options) <= 4
        assert sum(option.right for option in question.options) == 1
        assert len({option.says for option in question.options}) == len(question.options)
        for option in question.options:
            assert option.because.endswith("."), option.says
            assert len(option.says) <= 60, "a radio button's label is one line"


def test_the_place_of_the_right_option_gives_nothing_away():
    rights = [
        tuple(option.right for option in question.options).index(True)
        for number in quiz.lengths()
        for question in quiz.quiz(number).questions
    ]
    assert max(Counter(rights).values()) <= len(rights) / 2
    lessons = list(zip(rights[::3], rights[1::3], rights[2::3], strict=True))
    assert any(len(set(each)) < 3 for each in lessons)


def test_an_unknown_quiz_names_those_there_are():
    with pytest.raises(LabError, match="there are 0"):
        quiz.quiz("99")


def test_two_right_options_are_refused(tmp_path):
    option = '{ says = "a", because = "b.", right = true }'
    row = f'[["00"]]\nasks = "?"\noptions = [{option}, {option}]\n'
    (tmp_path / "quizzes.toml").write_text(row)
    with pytest.raises(LabError, match="one right option"):
        quiz.quiz("00", samples=tmp_path)


def test_the_text_of_a_quiz_has_no_answers_and_its_html_folds_them():
    asked = quiz.quiz("02")
    first = asked.questions[0]
    begins = f"quiz 02\n1. {first.asks}\n   a) {first.options[0].says}\n   b) "
    assert repr(asked).startswith(begins)
    markup = html.of(asked)
    assert markup.count("<details>") == markup.count("</details>") == 9
    assert markup.count("✓</span> right: ") == 3 and markup.count("✗</span> wrong: ") == 6
    for option in first.options:
        assert option.because not in repr(asked)


def test_a_chosen_option_is_explained_and_a_right_one_is_kept(file):
    asked = quiz.quiz("03")
    score, first, *_ = asking.quiz(asked).children
    _, options, said = first.children
    assert options.value is None and said.value == ""
    right = [option.right for option in asked.questions[0].options].index(True)
    wrong = (right + 1) % len(asked.questions[0].options)
    options.value = wrong
    assert "✗</span> wrong: " in said.value
    assert not file.exists()
    options.value = right
    assert "✓</span> right: " in said.value and 'role="status"' in said.value
    assert lesson("03").answered == {1}
    assert "· 1 of 3 answered" in score.value
    again, *_ = asking.quiz(asked).children
    assert "· 1 of 3 answered" in again.value


def test_an_answer_that_cannot_be_kept_is_explained_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv(names.PROGRESS_VARIABLE, str(tmp_path / "taken" / "progress.json"))
    asked = quiz.quiz("03")
    _, first, *_ = asking.quiz(asked).children
    _, options, said = first.children
    options.value = [option.right for option in asked.questions[0].options].index(True)
    assert "✓</span> right: " in said.value and names.PROGRESS_VARIABLE in said.value


# predictions


def test_the_text_of_a_prediction_is_what_is_asked():
    size, choice = Prediction(), Prediction("yes", "no")
    assert repr(size) == "predict a size, from 1 B to 10 GB"
    assert repr(choice) == "predict: yes | no"
    assert repr(size.measured(78_000_000)) == "measured: 78.0 MB"
    assert repr(choice.measured("no")) == "answer: no"
    for answer in (size.measured(1), choice.measured("no")):
        assert "guess" not in html.of(answer) and "svg" not in html.of(answer)


@pytest.mark.parametrize(
    ("guess", "measured", "words"),
    [
        (234_000_000, 78_000_000, "your guess of 234 MB was 3 times too high"),
        (12_000_000, 78_000_000, "your guess of 12.0 MB was 6.5 times too low"),
        (10_000_000_000, 112, "your guess of 10.0 GB was 89,285,714 times too high"),
        (80_000_000, 78_000_000, "your guess of 80.0 MB was right, to a tenth"),
        (1, 0, "your guess of 1 B was right, to a tenth"),
        (100, 0, "your guess of 100 B was 100 times too high"),
    ],
)
def test_a_guess_of_a_size_stands_beside_what_was_measured(guess, measured, words):
    answer = Answer(measured, guess)
    assert repr(answer).splitlines()[1:] == [words]
    markup = html.of(answer)
    assert words in markup
    assert markup.count("<svg") == 1 and "aria-label=" in markup and " id=" not in markup


def test_a_guess_is_marked_where_it_is_on_the_scale():
    markup = html.of(Answer(1, 10_000_000_000))
    assert '<circle cx="616"' in markup and '<path d="M24 48l' in markup


def test_a_guess_of_a_choice_stands_beside_what_it_is():
    assert repr(Answer("no", "no")) == "answer: no\nas you predicted"
    assert repr(Answer("no", "yes")) == "answer: no\nyour guess: yes"


@pytest.mark.parametrize("found", ["12 MB", None, True, -1, float("nan"), float("inf"), object()])
def test_a_measured_size_must_be_a_number_of_bytes(found):
    with pytest.raises(LabError, match=r"is no number of bytes: give `image\.size`"):
        Prediction().measured(found)


def test_a_measured_choice_must_be_one_of_the_choices():
    with pytest.raises(LabError, match=r"'maybe' is none of the choices: yes, no\."):
        Prediction("yes", "no").measured("maybe")


@pytest.mark.parametrize("choices", [("yes",), ("yes", "yes")])
def test_a_prediction_has_two_choices_or_more_that_differ(choices):
    with pytest.raises(LabError, match="two choices or more"):
        Prediction(*choices)


def test_the_slider_tells_its_guess_once_it_is_moved():
    asked = Prediction()
    slider, readout = asking.prediction(asked).children
    assert isinstance(slider, ipywidgets.FloatLogSlider)
    assert (slider.base**slider.min, slider.base**slider.max) == (
        prediction.LEAST,
        prediction.MOST,
    )
    assert asked.guess is None and readout.value == "move it: from 1 B to 10 GB"
    slider.value = 12_000_000
    assert asked.guess == 12_000_000 and readout.value == "12.0 MB"
    assert asked.measured(4_000_000).guess == 12_000_000


def test_a_choice_is_none_until_one_is_chosen():
    asked = Prediction("`yes`", "no")
    options = asking.prediction(asked)
    assert options.value is None and asked.guess is None
    options.index = 0
    assert asked.guess == "`yes`"
    assert options.options[0][0] == "yes"


# where they are drawn


@pytest.mark.parametrize("value", [quiz.quiz("00"), Prediction(), Prediction("a", "b")])
def test_a_widget_is_shown_only_in_a_front_end(value, monkeypatch):
    assert place() != "front end"
    assert notebook.bundle(value) == {}
    monkeypatch.setattr(notebook, "place", lambda: "front end")
    shown = notebook.bundle(value)
    assert shown[WIDGET]["model_id"]
    assert not {"text/plain", "text/html"} & set(shown), "which say what the value says"


# progress


LESSONS, QUESTIONS = len(quiz.lengths()), sum(quiz.lengths().values())


def test_without_a_file_there_is_no_progress(file):
    shown = repr(progress.read())
    assert shown.startswith(
        f"0 of {QUESTIONS} questions answered, 0 of {LESSONS} exercises met\nnotebook"
    )
    assert "\n02-multi-stage-builds         0 of 3  not yet\n" in shown
    assert not file.parent.exists()


def test_what_is_kept_is_read_again_and_has_a_sign(file):
    for question in (1, 2, 3, 3):
        keep_answer("02", question)
    keep_exercise("02")
    keep_answer("05", 2)
    shown = repr(progress.read())
    assert shown.startswith(f"4 of {QUESTIONS} questions answered, 1 of {LESSONS} exercises met\n")
    assert "\n02-multi-stage-builds         ✓ 3 of 3  ✓ met\n" in shown
    assert "\n05-missing-libc               1 of 3    not yet\n" in shown
    assert list(file.parent.glob("*.bak*")) == []


def test_answers_to_questions_that_do_not_exist_are_not_kept(file):
    keep_answer("02", 4)
    keep_answer("02", 0)
    keep_answer("99", 1)
    keep_exercise("99")
    assert not file.exists()


DAMAGED = {
    "cut": '{"quizzes": {"02"',
    "no JSON": "\x00\x01",
    "a list": "[1]",
    "a text": '"x"',
    "other quizzes": '{"quizzes": [1]}',
    "other answers": '{"quizzes": {"02": 1}}',
    "lists in answers": '{"quizzes": {"02": [[1]]}}',
    "other exercises": '{"exercises": "02"}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_no_progress_and_is_put_aside(file, content):
    file.parent.mkdir()
    file.with_name("progress.json.bak").write_text("of another time")
    file.write_text(content)
    assert not any(each.answered or each.met for each in progress.read().lessons)
    assert file.read_text() == content
    keep_exercise("02")
    assert lesson("02").met
    assert file.with_name("progress.json.bak-2").read_text() == content
    assert file.with_name("progress.json.bak").read_text() == "of another time"


def test_what_another_version_has_put_there_stays(file):
    file.parent.mkdir()
    file.write_text(
        json.dumps({"notes": {"a": 1}, "quizzes": {"77": [9], "02": [8]}, "exercises": ["88"]})
    )
    keep_answer("02", 1)
    assert json.loads(file.read_text()) == {
        "notes": {"a": 1},
        "quizzes": {"02": [1, 8], "77": [9]},
        "exercises": ["88"],
    }
    assert lesson("02").answered == {1}


def test_kernels_that_write_at_once_lose_nothing(file):
    questions = [(number, q) for number in quiz.lengths() for q in (1, 2, 3)]
    threads = [threading.Thread(target=keep_answer, args=each) for each in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each.answered == {1, 2, 3} for each in progress.read().lessons)


def test_a_folder_in_the_file_s_place_is_left_alone(file):
    (file / "mine").mkdir(parents=True)
    assert not any(each.met for each in progress.read().lessons)
    with pytest.raises(LabError, match=names.PROGRESS_VARIABLE):
        keep_exercise("02")
    assert (file / "mine").is_dir()


def test_progress_is_not_kept_in_the_cache_folder(monkeypatch):
    monkeypatch.delenv(names.PROGRESS_VARIABLE)
    assert names.cache() not in names.progress().parents
    assert names.progress().name == "progress.json"
