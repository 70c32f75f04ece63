"""What differs between two images, opened folder by folder."""

from tests.browser.page import nothing_is_kept

SETUP = "from helpers import Lab\nlab = Lab()"


def test_a_difference_is_opened_folder_by_folder(lab):
    lab.new(
        SETUP,
        "a = lab.build('c-hello/libraries-scratch')\nb = lab.build('c-hello/static-scratch')",
        "lab.difference(a, b)",
    )
    lab.run_all()
    page = lab.page
    item = ".shrink-explorer [role=treeitem]"
    page.wait_for_selector(item)
    labels = [each.get_attribute("aria-label") for each in page.locator(item).all()]
    assert any(label.startswith("hello, ") and "changed" in label for label in labels)
    page.locator(f"{item}.removed .name", has_text="lib64").click()
    page.wait_for_selector(f"{item}[aria-level='2'].removed")
    assert "/lib/" in page.locator(".shrink-explorer .rows").inner_text(), "by folder too"
    facts = page.locator(".shrink-explorer table").first.inner_text()
    assert "only in c-hello/libraries-scratch" in facts
    lab.screenshot("", ".shrink-explorer")
    assert not lab.holes() and not lab.errors()


def test_how_far_the_images_of_a_difference_are_read_is_seen(lab, tmp_path):
    lab.new(
        SETUP,
        "a = lab.build('c-hello/two-stage')\nb = lab.build('c-hello/ubuntu-lists-later')",
        nothing_is_kept(tmp_path),
        "lab.difference(a, b)",
    )
    lab.start_all()
    page, bar = lab.page, "progress[aria-label^='the layers of c-hello/two-stage and ']"
    page.wait_for_selector(bar, timeout=120_000)
    row = page.locator("tr", has=page.locator(bar)).first
    row.get_by_text(" MB").wait_for(timeout=60_000)
    lab.screenshot("reading")
    view = ".shrink-explorer"
    page.wait_for_selector(f"{view} [role=treeitem]", timeout=60_000)
    shown = page.inner_text(view)
    assert "c-hello/two-stage → c-hello/ubuntu-lists-later" in shown
    assert "all layers together" in shown and "by folder, the largest change first" in shown
    assert not page.locator("progress").count()
    lab.screenshot("", view)
    assert not lab.holes() and not lab.errors()
