"""The variant lab, used as a learner would, and what the engine then holds."""

import uuid

SETUP = "from helpers import Lab\nlab = Lab()"
DOCKERFILE = ".jp-OutputArea .shrink pre >> nth=0"


def choose(page, label, option):
    page.get_by_label(label).select_option(option)


def built(page, outcome):
    """Presses the button, and waits for how it ends."""
    page.get_by_role("button", name="Build and run").click()
    page.wait_for_selector(f".jp-OutputArea strong:text-is('{outcome}')", timeout=120_000)
    page.wait_for_selector("button:has-text('Build and run'):enabled")


GAPS = """() => [...document.querySelectorAll('.jp-OutputArea .shrink table tr')].flatMap(row => {
    const at = [...row.cells].map(cell => {
        const text = document.createRange();
        text.selectNodeContents(cell);
        return text.getBoundingClientRect();
    });
    return at.slice(1).map((each, i) => each.left - at[i].right);
})"""
"""Pixels between what neighbouring cells of a table say."""


def test_choices_change_the_dockerfile_and_are_built(lab):
    lab.new(SETUP, "bench = lab.workbench('c-hello')\nbench")
    lab.run_all()
    page = lab.page
    page.wait_for_selector(DOCKERFILE)
    choose(page, "Final base", "scratch")
    page.wait_for_selector(f"{DOCKERFILE} >> text=FROM scratch")
    built(page, "did not start")
    assert "missing-loader" in page.inner_text(".jp-Notebook"), "a failure is explained"
    assert page.locator("strong:text-is('1. gcc:14 → scratch, dynamic')").count() == 1
    lab.screenshot("failed")
    beside = page.locator(DOCKERFILE).bounding_box()
    choose(page, "Linking", "static with musl")
    page.wait_for_selector(f"{DOCKERFILE} >> text=musl-gcc -static")
    assert page.locator(DOCKERFILE).bounding_box()["y"] == beside["y"], "it stays where it is"
    page.wait_for_selector("strong:text-is('did not start')", state="detached")
    built(page, "ran")
    page.get_by_label("leave out the symbols").check()
    page.wait_for_selector(f"{DOCKERFILE} >> text=musl-gcc -static -s")
    built(page, "ran")
    rows = page.locator(".jp-OutputArea .shrink tbody tr")
    assert rows.count() == 3
    assert "static with musl, stripped" in rows.nth(2).inner_text()
    told = [rows.nth(i).locator("td").nth(2).inner_text() for i in range(3)]
    assert told[:2] == ["-", "-"] and told[2].endswith("\N{NO-BREAK SPACE}%"), (
        "against the first that runs"
    )
    assert min(page.evaluate(GAPS)) > 12
    assert page.locator(".jp-OutputArea figure img[alt*='2 images']").count() == 1
    page.locator(".jp-OutputArea figure").scroll_into_view_if_needed()
    lab.screenshot("light")
    lab.theme("JupyterLab Dark")
    lab.screenshot("dark")
    lab.theme("JupyterLab Light")
    choose(page, "Program", "go-hello")
    page.wait_for_selector(f"{DOCKERFILE} >> text=FROM golang:1.24 AS build")
    assert page.get_by_label("Linking").input_value() == "static"
    page.wait_for_selector(".jp-OutputArea .shrink tbody tr", state="detached")
    assert not lab.holes() and not lab.errors()


def test_the_page_is_alive_while_it_builds(lab):
    slow = "import time\nfrom helpers.learning.workbench import Workbench\n"
    slow += "def build(context, text):\n    time.sleep(8)\n    return image\n"
    slow += "image = lab.build('c-hello/static-scratch')\n"
    lab.new(SETUP, f"{slow}Workbench(lab.workbench().choice, build)", "6 * 7")
    lab.run_all()
    page = lab.page
    page.wait_for_selector(DOCKERFILE)
    button = page.get_by_role("button", name="Build and run")
    button.click()
    page.wait_for_selector("button:has-text('Build and run'):disabled")
    choose(page, "Final base", "alpine:3.22")
    page.wait_for_selector(f"{DOCKERFILE} >> text=FROM alpine:3.22", timeout=5_000)
    lab.run_cell(2)
    assert button.is_disabled(), "it still builds"
    page.wait_for_selector("button:has-text('Build and run'):enabled")
    assert not lab.holes() and not lab.errors()


def test_the_page_is_alive_while_a_cell_builds(lab):
    dockerfile = f"FROM busybox:1.37\\nRUN sleep 8 && echo {uuid.uuid4()}\\n"  # never cached
    slow = f"lab.build('../samples/note', dockerfile='{dockerfile}')"
    lab.new(SETUP, "lab.workbench('c-hello')", "lab.quiz('01')", slow, "6 * 7")
    page = lab.page
    lab.start_all()
    page.wait_for_selector(DOCKERFILE, timeout=60_000)
    busy = page.locator(".jp-InputPrompt", has_text="[*]:")
    page.locator("progress").first.wait_for()
    choose(page, "Final base", "alpine:3.22")
    page.wait_for_selector(f"{DOCKERFILE} >> text=FROM alpine:3.22", timeout=5_000)
    page.locator("input[type=radio]").first.click()
    page.wait_for_selector("[role=status]", timeout=5_000)
    assert busy.count() == 2, "the cell still runs, and the next one waits"
    lab.wait()
    assert not lab.holes() and not lab.errors()
