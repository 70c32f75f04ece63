"""Predictions, quizzes and exercises, answered as a learner would."""

SETUP = "from helpers import Lab\nlab = Lab()"


def test_a_size_is_predicted_and_drawn_beside_what_is_measured(lab):
    lab.new(SETUP, "guess = lab.predict()\nguess", "guess.measured(78_000_000)")
    lab.run_all()
    page = lab.page
    assert "your guess" not in page.locator(".jp-Cell").nth(2).inner_text(), "nobody guessed yet"
    slider = page.locator(".jp-OutputArea [role=slider], .jp-OutputArea .noUi-handle").first
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".jp-OutputArea >> text=/\\d kB|\\d MB/")
    lab.run_cell(2)
    answer = page.locator(".jp-Cell").nth(2)
    answer.locator("svg[role=img]").wait_for()
    assert "your guess" in answer.inner_text() and "78.0 MB" in answer.inner_text()
    lab.screenshot()
    assert not lab.holes() and not lab.errors()


def test_a_choice_is_predicted(lab):
    lab.new(
        SETUP,
        "guess = lab.predict('it starts', 'it does not')\nguess",
        "guess.measured('it starts')",
    )
    lab.run_all()
    lab.page.get_by_label("it does not").check()
    lab.run_cell(2)
    assert "your guess: it does not" in lab.page.locator(".jp-Cell").nth(2).inner_text()


def test_a_wrong_answer_is_explained_and_a_right_one_is_kept(lab):
    lab.new(SETUP, "lab.quiz('00')", "lab.progress()")
    lab.run_all()
    page = lab.page
    progress = page.locator(".jp-Cell").nth(2)
    assert "1 of 3" not in progress.inner_text()
    page.get_by_label("4 MB and 20 bytes").check()
    page.wait_for_selector("[role=status] >> text=is not copied")
    page.get_by_label("20 bytes", exact=True).check()
    page.wait_for_selector("[role=status] >> text=one file was added")
    lab.run_cell(2)
    page.wait_for_selector(".jp-Cell >> nth=2 >> text=1 of 3")
    lab.screenshot("light")
    lab.theme("JupyterLab Dark")
    lab.screenshot("dark")
    lab.theme("JupyterLab Light")
    assert not lab.holes() and not lab.errors()


def test_an_exercise_gives_one_hint_at_a_time(lab):
    lab.new(SETUP, 'lab.check("00", """\nFROM busybox:1.37\nCMD ["echo", "It fails"]\n""")')
    lab.run_all()
    page = lab.page
    page.wait_for_selector("text=1 of 2 met")
    first, second = (
        page.locator(".jp-OutputArea details > p").nth(0),
        page.locator(".jp-OutputArea details details > p").nth(0),
    )
    assert not first.is_visible()
    page.locator(".jp-OutputArea summary").nth(0).click()
    assert first.is_visible() and not second.is_visible()
    lab.screenshot()
