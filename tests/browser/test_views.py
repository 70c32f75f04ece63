"""What differs between two images, opened folder by folder."""

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
    facts = page.locator(".shrink-explorer table").first.inner_text()
    assert "only in c-hello/libraries-scratch" in facts
    lab.screenshot("", ".shrink-explorer")
    assert not lab.holes() and not lab.errors()
