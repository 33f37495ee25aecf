"""The quiz in a browser: by mouse, by keyboard, after a reload, without script, on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The page in a fresh browser profile; the test fails on any error that the page reports."""
    context = chromium.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(address)
    yield page
    context.close()
    assert faults == []  # among others what a strict content security policy would refuse


def question(page: Page, name: str) -> Locator:
    return page.locator(f"#question-{name}")


def answer(page: Page, name: str, *choices: str) -> Locator:
    """Check exactly these choices, press 'Check', and return the live region."""
    form = question(page, name)
    for box in form.get_by_role("checkbox").all():
        box.uncheck()
    for choice in choices:
        form.get_by_label(choice, exact=False).check()
    form.get_by_role("button", name="Check").click()
    return form.get_by_role("status")


def test_a_wrong_then_a_right_answer(page: Page) -> None:
    form = question(page, "add")
    expect(form.get_by_text("Answer")).to_have_count(0)  # that way is for readers without scripts
    said = answer(page, "add", "A 1")
    expect(said).to_contain_text("A is not right.")
    expect(said).to_contain_text("That is a alone.")
    expect(said).not_to_contain_text("B is right.")
    expect(form.locator("legend")).to_contain_text("1 try so far")

    form.get_by_text("Hint").click()
    expect(form.get_by_text("Use your fingers.")).to_be_visible()

    said = answer(page, "add", "B 2")
    expect(said).to_contain_text("B is right.")
    expect(said).to_contain_text("Writing them side by side.")
    expect(said).not_to_contain_text("A is not right.", use_inner_text=True)
    said.get_by_text("Why not the others?").click()
    expect(said).to_contain_text("A is not right.", use_inner_text=True)
    expect(said.locator(".highlight")).to_be_visible()
    expect(form.locator("legend")).to_contain_text("right after 2 tries")


def test_an_empty_answer_is_no_try(page: Page) -> None:
    expect(answer(page, "add")).to_have_text("Choose an answer first.")
    expect(question(page, "add").locator("legend")).not_to_contain_text("try")


def test_several_right_choices(page: Page) -> None:
    said = answer(page, "even", "A 2")
    expect(said).to_contain_text("Not complete yet: 1 right choice is missing.")
    expect(said).to_contain_text("Twice one.")
    said = answer(page, "even", "A 2", "B 3", "C 4")
    expect(said).to_contain_text("B is not right.")
    expect(said).not_to_contain_text("Not complete")
    said = answer(page, "even", "A 2", "C 4")
    expect(said).to_contain_text("Forgetting one.")
    expect(question(page, "even").locator("legend")).to_contain_text("right after 3 tries")


def test_scores_of_the_quiz_and_of_the_page(page: Page) -> None:
    quiz = page.get_by_role("region", name="Quiz")
    answer(page, "predicted", "A Yes")
    answer(page, "add", "B 2")
    answer(page, "even", "B 3")
    answer(page, "even", "A 2", "C 4")
    expect(quiz).to_contain_text("Quiz: 1 of 2 right at the first try, 2 of 2 solved.")
    expect(quiz).to_contain_text("Whole page: 2 of 3 right at the first try, 3 of 3 solved.")
    link = quiz.get_by_role("link", name="Question 2 of 2: right after 2 tries")
    link.click()
    expect(question(page, "even")).to_be_in_viewport()


def test_practice_after_the_right_answer_does_not_change_the_score(page: Page) -> None:
    answer(page, "add", "B 2")
    form = question(page, "add")
    form.get_by_role("button", name="Try again").click()
    expect(form.get_by_role("status")).to_be_empty()
    expect(form.locator("input:checked")).to_have_count(0)
    answer(page, "add", "A 1")
    expect(form.locator("legend")).to_contain_text("right at the first try")


def test_keyboard_alone(page: Page) -> None:
    form = question(page, "add")
    form.get_by_label("A 1").focus()
    page.keyboard.press("ArrowDown")  # radios of one question are one group
    expect(form.get_by_label("B 2")).to_be_checked()
    page.keyboard.press("Tab")
    expect(form.locator(".quiz-hint summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.get_by_text("Use your fingers.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Check")).to_be_focused()
    outline = form.get_by_role("button", name="Check").evaluate("b => getComputedStyle(b).outline")
    assert "solid" in outline
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text("B is right.")
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Try again")).to_be_focused()
    page.keyboard.press("Space")
    expect(form.get_by_label("A 1")).to_be_focused()

    box = question(page, "even").get_by_label("C 4")
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # sends the form, from any choice
    expect(question(page, "even").get_by_role("status")).to_contain_text("Not complete yet")


def test_progress_survives_a_reload(page: Page) -> None:
    answer(page, "add", "A 1")
    answer(page, "even", "A 2", "C 4")
    page.reload()
    form = question(page, "add")
    expect(form.locator("legend")).to_contain_text("1 try so far")
    expect(form.get_by_label("A 1")).to_be_checked()
    expect(form.get_by_role("status")).to_contain_text("A is not right.")
    expect(question(page, "even").locator("legend")).to_contain_text("right at the first try")
    expect(page.locator(".quiz-score")).to_contain_text("1 of 2 right at the first try")


def test_an_edited_question_starts_afresh_and_leaves_the_others(page: Page) -> None:
    answer(page, "add", "B 2")
    answer(page, "even", "A 2", "C 4")
    version = question(page, "add").get_attribute("data-version")

    def edit(route: object) -> None:
        response = route.fetch()  # type: ignore[attr-defined]
        route.fulfill(response=response, body=response.text().replace(version, "edited"))  # type: ignore[attr-defined]

    page.route("**/numbers.html", edit)
    page.reload()
    expect(question(page, "add").locator("legend")).not_to_contain_text("right")
    expect(question(page, "even").locator("legend")).to_contain_text("right at the first try")


def test_reset(page: Page) -> None:
    answer(page, "predicted", "A Yes")
    answer(page, "add", "A 1")
    page.get_by_role("button", name="Reset progress").click()
    expect(page.get_by_role("status").filter(has_text="reset")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.locator(".quiz-page")).to_contain_text("0 of 3 right at the first try, 0 of 3")
    page.reload()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(question(page, "predicted").locator("legend")).not_to_contain_text("right")


def test_names_that_a_screen_reader_speaks(page: Page) -> None:
    group = page.get_by_role("group", name="Question 2 of 2 hard Which are even?")
    expect(group).to_be_visible()
    expect(group).to_have_accessible_name(
        "Question 2 of 2 hard Which are even? Choose all that apply."
    )
    answer(page, "add", "A 1")
    expect(question(page, "add").get_by_role("radio").first).to_have_accessible_name(
        "A 1 not right"
    )


def test_without_storage_it_works_and_says_so(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('off'); }})"
    )
    page.goto(address)
    expect(answer(page, "add", "B 2")).to_contain_text("B is right.")
    expect(page.locator(".quiz-kept")).to_contain_text("does not let the page keep it")
    page.close()


def test_without_a_script_everything_can_be_read(chromium: Browser, address: str) -> None:
    page = chromium.new_page(java_script_enabled=False)
    page.goto(address)
    form = question(page, "add")
    expect(form.get_by_label("A 1")).to_be_visible()
    expect(form.get_by_role("button")).to_have_count(0)
    form.locator(".quiz-answer summary").click()
    expect(form).to_contain_text("Right: B.", use_inner_text=True)
    expect(form.get_by_text("That is a alone.")).to_be_visible()
    page.close()


def test_on_a_phone_nothing_is_cut_off_and_targets_are_large(
    chromium: Browser, address: str
) -> None:
    width = 376  # the plain theme's body has a margin of 8 px at each side of 360
    page = chromium.new_page(viewport={"width": width, "height": 740})
    page.goto(address)
    answer(page, "add", "B 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    targets = page.locator("form.quiz-question, .quiz-summary").locator("input, button, summary, a")
    for target in targets.all():
        if target.is_visible():
            box = target.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 24, target
    page.close()
