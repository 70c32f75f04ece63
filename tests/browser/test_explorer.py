"""The explorer of an image, used with the mouse and by keyboard."""

import uuid

from tests.browser.page import nothing_is_kept

SETUP = "from helpers import Lab\nlab = Lab()"

ITEM = ".shrink-explorer [role=treeitem]"
LAYER = ".shrink-explorer .views [role=option]"

HOSTILE = '''
image = lab.build("../samples/note", dockerfile=r"""
FROM busybox:1.37
RUN mkdir /bad && cd /bad \\
 && touch '<script>document.title="taken"<' '<img src=x onerror=document.title=1>' \\
 && touch "$(printf 'esc\\033[31mape')" "$(printf 'rtl\\342\\200\\256gpj')" \\
 && touch "$(printf 'raw\\377')" \\
 && touch "$(head -c 200 /dev/zero | tr '\\0' 'n')"
RUN rm '/bad/<script>document.title="taken"<' && echo more > "/bad/<b>bold"
RUN echo UNIQUE && echo "<img src=x onerror=document.title='taken'>" \\
 && head -c 4000 /dev/zero | tr '\\0' 'x' && echo \\
 && printf 'esc\\033[2Jape rtl\\342\\200\\256gpj \\377\\n'
LABEL note="<script>document.title='taken'</script>"
""")
lab.explore(image)
'''


def explore(lab, *cells):
    lab.new(SETUP, *cells)
    lab.run_all()
    lab.page.wait_for_selector(ITEM, timeout=60_000)
    return lab.page


def labels(page):
    return [i.get_attribute("aria-label") for i in page.locator(ITEM).all()]


def test_layers_and_files_by_mouse(lab):
    page = explore(lab, "lab.explore(lab.build('c-hello/two-stage'))")
    layers = page.locator(LAYER)
    assert layers.count() == 3
    page.locator(f"{ITEM} .name", has_text="usr").first.click()
    page.wait_for_selector(f"{ITEM}[aria-level='2']")
    assert not any("added" in label for label in labels(page)), "in the whole all is as it is"
    lab.screenshot("light", ".shrink-explorer")
    lab.theme("JupyterLab Dark")
    lab.screenshot("dark", ".shrink-explorer")
    lab.theme("JupyterLab Light")
    layers.nth(2).dblclick()  # as people do: nothing is listed twice
    page.wait_for_selector(f"{ITEM}.added")
    page.wait_for_timeout(500)
    assert labels(page) == ["hello, 16.0 kB, added"]
    assert not lab.holes() and not lab.errors()


def test_a_tree_by_keyboard(lab):
    page = explore(lab, "lab.explore(lab.build('c-hello/two-stage'))")
    page.locator(ITEM).first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    level = page.evaluate("document.activeElement.getAttribute('aria-level')")
    assert level == "2" and focused.startswith("bin, ")
    page.wait_for_selector(f"{ITEM}[aria-level='3']")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-level')") == "1"
    page.locator(".shrink-explorer .views").focus()
    page.keyboard.press("ArrowDown")
    selected = page.locator(".shrink-explorer [aria-selected=true]")
    assert "COPY / /" in selected.inner_text()


LEFT = """\
from ipywidgets.widgets.widget import _instances
print([type(each).__name__ for each in _instances.values()].count("ExplorerWidget"))"""


def test_a_cell_that_runs_again_leaves_one_explorer(lab):
    page = explore(lab, "lab.explore(lab.build('c-hello/two-stage'))", LEFT)
    lab.run_cell(1)
    page.wait_for_selector(ITEM, timeout=60_000)
    page.locator(f"{ITEM} .name", has_text="usr").first.click()
    page.wait_for_selector(f"{ITEM}[aria-level='2']")
    lab.run_cell(2)
    assert page.locator(".shrink-explorer").count() == 1
    assert page.locator(".jp-OutputArea-output").last.inner_text().strip() == "1"
    assert not lab.holes() and not lab.errors()


def test_layers_are_there_while_they_are_read(lab, tmp_path):
    image = "image = lab.build('c-hello/ubuntu-lists-later')"
    lab.new(SETUP, image, nothing_is_kept(tmp_path), "lab.explore(image)")
    lab.start_all()
    page = lab.page
    page.wait_for_selector(LAYER, timeout=120_000)
    assert page.locator(".shrink-explorer progress").is_visible()
    rows = page.locator(LAYER).all_inner_texts()
    assert len(rows) == 7 and "RUN apt-get update" in rows[2]
    page.wait_for_selector(".shrink-explorer progress[value]", timeout=60_000)
    lab.screenshot("reading", ".shrink-explorer")
    page.wait_for_selector(ITEM, timeout=60_000)
    rows = page.locator(LAYER).all_inner_texts()
    assert len(rows) == 7 and " MB" in rows[3] and "66." in rows[3]
    assert not page.locator(".shrink-explorer progress").count()
    assert not lab.holes() and not lab.errors()


def test_search_and_what_is_carried_in_vain(lab):
    page = explore(lab, "lab.explore(lab.build('c-hello/ubuntu-lists-later'))")
    page.get_by_label("search these paths").fill("cc1")
    page.wait_for_selector("text=found")
    assert any("/cc1, " in label for label in labels(page))
    assert "/var/lib/apt/lists" in page.locator(".shrink-explorer .rows").inner_text()
    lab.screenshot("", ".shrink-explorer")


def test_hostile_names_stay_text(lab):
    page = explore(lab, HOSTILE.replace("UNIQUE", str(uuid.uuid4())))  # else there is no log
    log = page.locator(".jp-OutputArea details").first
    log.locator("summary").click()
    assert "onerror=document.title" in log.inner_text() and "\\u202e" in log.inner_text()
    assert not log.locator("img").count()
    page.locator(f"{ITEM} .name", has_text="bad").first.click()
    page.wait_for_selector(f"{ITEM}[aria-level='2']")
    told = " ".join(labels(page))
    assert "<img src=x onerror=document.title=1>" in told and "<b>bold" in told
    assert "esc\\x1b[31mape" in told and "rtl\\u202egpj" in told and "raw\\udcff" in told
    page.locator(LAYER).nth(3).click()
    page.locator(f"{ITEM} .name", has_text="bad").first.click()
    page.wait_for_selector(f"{ITEM}.removed")
    assert "taken" not in page.title() and not page.locator(".shrink-explorer img").count()
    assert not page.locator(".shrink-explorer b, .shrink-explorer script").count()
    assert not lab.holes() and not lab.errors()


MANY = '''
image = lab.build("../samples/note", dockerfile="""
FROM busybox:1.37
RUN for i in $(seq 60); do mkdir -p /many/$i && cd /many/$i && seq 1000 | xargs touch; done
""")
_ = image.files
'''


def test_60_000_files_come_as_they_are_opened(lab):
    page = explore(lab, MANY, "lab.explore(image)")
    page.locator(f"{ITEM} .name", has_text="many").first.click()
    page.wait_for_selector(f"{ITEM}[aria-level='2']")
    page.locator(f"{ITEM}[aria-level='2'] .name").first.click()
    page.wait_for_selector(f"{ITEM}[aria-level='3']")
    assert page.locator(f"{ITEM}[aria-level='3']").count() == 500
    page.locator("button", has_text="500 more").click()
    page.wait_for_function("document.querySelectorAll(\"[aria-level='3']\").length === 1000")
