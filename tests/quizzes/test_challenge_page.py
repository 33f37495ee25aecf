"""The challenge in a browser: the clock, the tries, the badge; and in a notebook."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from small_book import CONF, Book

from coursebook import challenge
from coursebook.assets import WEB
from rnnlib.quiz import load

ROOT = Path(__file__).parents[2]
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
PROBLEMS = {problem.id: problem for problem in load(ROOT / "quizzes" / "challenge.yml").questions}


def challenge_book(folder: Path) -> Book:
    """A small book whose page holds the course's own challenge."""
    book = Book(folder)
    static = folder / "static"
    shutil.copytree(ROOT / "coursebook" / "static", static / "coursebook")
    conf = CONF.format(static=static.as_posix())
    conf = conf.replace("favicon.svg", "coursebook/favicon.svg").replace(
        '["quiz.css"]', '["coursebook/quiz.css"]'
    )
    conf = conf.replace('("quiz.js"', '("coursebook/quiz.js"')
    conf = conf.replace("from coursebook import quiz", "from coursebook import challenge, quiz")
    book.write("conf.py", conf + "    challenge.setup(app)\n\nproject = 'A <book>'\n")
    book.write("quizzes/challenge.yml", (ROOT / "quizzes" / "challenge.yml").read_text("utf8"))
    book.write("numbers.md", "# Challenge\n\n```{challenge} challenge\n```\n")
    return book


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = challenge_book(tmp_path_factory.mktemp("challenge"))
    assert book.build() == ""
    return book.html


@pytest.fixture
def page(
    chromium: Browser, serve: Callable[[Path, str], str], site: Path, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page in a fresh browser profile, with a clock that the test moves."""
    context = chromium.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    page.clock.install(time="2026-03-01T10:00:00")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(serve(site, "default-src 'self'") + "/numbers.html")
    yield page
    context.close()
    assert faults == []


pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def start(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Start|Another round")).click()


def asked(page: Page) -> Locator:
    """The problem that is shown; there is never more than one."""
    form = page.locator("form.quiz-question:visible")
    expect(form).to_have_count(1)
    return form


def answer(page: Page, right: bool = True) -> None:
    form = asked(page)
    key = PROBLEMS[str(form.get_attribute("data-question"))].solve()
    boxes = form.locator(".quiz-choice input")
    chosen = [i for i, is_right in enumerate(key) if is_right]
    for i in chosen if right else [key.index(False)]:
        boxes.nth(i).check()
    form.get_by_role("button", name="Check").click()
    if not right:
        form.get_by_role("button", name="Try again").click()


def onward(page: Page, name: str = "Next problem") -> None:
    page.get_by_role("button", name=name).click()


def play(page: Page, right: int) -> None:
    """A whole round with so many problems right at the first try, and the others skipped."""
    start(page)
    for number in range(5):
        if number < right:
            answer(page)
            onward(page, "See the result" if number == 4 else "Next problem")
        else:
            onward(page, "Skip this problem")


def said(page: Page) -> Locator:
    return page.locator(".challenge-said")


def test_rules_of_the_page_are_those_of_the_code() -> None:
    text = (ROOT / "back" / "challenge.md").read_text("utf8")
    assert challenge.SECONDS == 120
    assert challenge.MASTERY == 4
    assert challenge.DRAW == {"easy": 1, "medium": 2, "hard": 2}
    for rule in (
        "Five problems, two minutes each",
        "one easy problem, two of medium difficulty and two hard ones",
        "Four problems right at the first try",
    ):
        assert rule in text
    levels = [problem.level for problem in PROBLEMS.values()]
    for level, drawn in challenge.DRAW.items():  # a second round is a new one
        assert levels.count(level) >= 2 * drawn


def test_a_file_with_too_few_problems_is_refused(tmp_path: Path) -> None:
    book = challenge_book(tmp_path)
    book.write("numbers.md", "# Challenge\n\n```{challenge} adding\n```\n")
    warnings = book.build()
    assert "a round has 2 problems of level medium, but adding.yml holds 1" in warnings


def test_nothing_runs_before_the_reader_starts(page: Page) -> None:
    expect(page.locator(".challenge-record")).to_contain_text("no clock runs")
    page.clock.run_for(600_000)
    expect(page.get_by_role("timer")).to_be_hidden()
    expect(page.locator("form:visible")).to_have_count(0)
    start(page)
    expect(page.get_by_role("timer")).to_have_text("2:00")
    expect(page.get_by_role("timer")).to_have_accessible_name("Time left")
    page.clock.run_for(23_000)
    expect(page.get_by_role("timer")).to_have_text("1:37")


def test_a_round_of_one_easy_two_medium_and_two_hard_problems(page: Page) -> None:
    start(page)
    levels, names = [], []
    for number in range(1, 6):
        form = asked(page)
        expect(form.locator(".quiz-label")).to_have_text(f"Problem {number} of 5")
        expect(form.locator("fieldset")).to_be_focused()  # read aloud from its beginning
        levels.append(form.locator(".quiz-level").inner_text())
        names.append(form.get_attribute("data-question"))
        page.clock.run_for(30_000)
        answer(page)
        expect(page.get_by_role("timer")).to_be_hidden()  # stopped while you read
        onward(page, "See the result" if number == 5 else "Next problem")
    assert levels == ["easy", "medium", "medium", "hard", "hard"]
    assert len(set(names)) == 5
    result = page.get_by_role("group", name="Result")
    expect(result).to_be_focused()
    expect(result).to_contain_text("5 of 5 right at the first try, 5 solved, 5 tries.")

    start(page)  # the next round asks what has not been asked
    again = []
    for _ in range(5):
        again.append(asked(page).get_attribute("data-question"))
        onward(page, "Skip this problem")
    assert set(again).isdisjoint(names)
    expect(result).to_contain_text("0 of 5 right at the first try, 0 solved, 0 tries.")
    expect(page.get_by_role("group", name="Badge")).to_be_visible()  # the better round counts


def test_tries_are_counted(page: Page) -> None:
    start(page)
    answer(page, right=False)
    answer(page, right=False)
    answer(page)
    form = asked(page)
    expect(form.locator("legend")).to_contain_text("right after 3 tries")
    answer(page)  # practice
    onward(page)
    answer(page, right=False)
    onward(page, "Skip this problem")
    for name in ("Skip this problem",) * 3:
        onward(page, name)
    lines = page.get_by_role("group", name="Result").get_by_role("listitem")
    expect(lines.nth(0)).to_contain_text("right after 3 tries")
    expect(lines.nth(1)).to_contain_text("not solved, 1 try")
    expect(lines.nth(2)).to_contain_text("not solved, 0 tries")
    expect(page.get_by_role("group", name="Badge")).to_be_hidden()


def test_when_time_is_up_the_answer_is_shown_and_no_try_counts_any_more(page: Page) -> None:
    start(page)
    answer(page, right=False)
    for passed, words in ((60, "One minute left."), (30, "30 seconds left."), (20, "10 seconds")):
        page.clock.run_for(1000 * passed)
        expect(said(page)).to_contain_text(words)
    page.clock.run_for(10_000)
    expect(said(page)).to_have_text("Time is up.")
    form = asked(page)
    expect(form.locator(".quiz-choice input").first).to_be_disabled()
    expect(form.get_by_role("button", name="Check")).to_be_hidden()
    expect(form.locator(".quiz-reason-title").first).to_contain_text("is right")
    expect(form.get_by_text("Common mistake")).to_be_visible()
    expect(page.get_by_role("button", name="Next problem")).to_be_focused()
    page.clock.run_for(60_000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("timer")).to_have_text("2:00")  # anew with each problem
    expect(asked(page).locator(".quiz-choice input").first).to_be_enabled()
    for _ in range(4):
        onward(page, "Skip this problem")
    first = page.get_by_role("group", name="Result").get_by_role("listitem").first
    expect(first).to_contain_text("not solved, 1 try")


def test_the_clock_speaks_four_times_in_two_minutes(page: Page) -> None:
    start(page)
    page.evaluate(
        """() => { window.heard = []; new MutationObserver(() => {
        heard.push(document.querySelector('.challenge-said').textContent) }).observe(
        document.querySelector('.challenge-said'), {childList: true}) }"""
    )
    expect(page.get_by_role("timer")).not_to_have_attribute("aria-live", re.compile("."))
    page.clock.run_for(121_000)
    assert page.evaluate("heard") == [
        "One minute left.",
        "30 seconds left.",
        "10 seconds left.",
        "Time is up.",
    ]


def test_the_clock_can_be_switched_off_before_and_during_a_round(page: Page) -> None:
    switch = page.get_by_role("checkbox", name="Use the clock")
    switch.uncheck()
    start(page)
    expect(page.get_by_role("timer")).to_be_hidden()
    page.clock.run_for(1_000_000)
    answer(page)
    onward(page)
    for _ in range(4):
        onward(page, "Skip this problem")

    switch.check()
    start(page)
    expect(page.get_by_role("timer")).to_be_visible()
    switch.uncheck()
    expect(said(page)).to_have_text("The clock is off for this round.")
    expect(switch).to_be_disabled()  # on again it would be another two minutes
    page.clock.run_for(1_000_000)
    expect(asked(page).locator(".quiz-choice input").first).to_be_enabled()
    for number in range(5):
        answer(page)
        onward(page, "See the result" if number == 4 else "Next problem")
        expect(page.get_by_role("timer")).to_be_hidden()
    expect(page.locator(".challenge-score")).to_contain_text("without a clock")
    expect(switch).to_be_enabled()


@pytest.mark.parametrize(("right", "earned"), [(3, False), (4, True)])
def test_the_badge_takes_four_of_five(page: Page, right: int, earned: bool) -> None:
    play(page, right)
    badge = page.get_by_role("group", name="Badge")
    expect(badge).to_be_visible(visible=earned)
    expect(page.locator(".challenge-verdict")).to_contain_text(
        "The badge is yours." if earned else "The badge needs 4 at the first try."
    )
    page.reload()
    expect(page.locator(".challenge-record")).to_contain_text(f"Best: {right} of 5")
    expect(badge).to_be_visible(visible=earned)
    expect(page.locator("form:visible")).to_have_count(0)


def test_the_badge_is_kept_and_printed_alone(page: Page) -> None:
    play(page, 5)
    badge = page.get_by_role("group", name="Badge")
    expect(badge).to_contain_text("A <book>")
    expect(badge.locator(".challenge-score")).to_have_text(
        "5 of 5 problems right at the first try, 2 minutes for each, in round 1, on 2026‑03‑01"
    )
    badge.get_by_label("Name on the badge").fill("Ada <Lovelace>")
    expect(badge.locator(".challenge-holder")).to_have_text("Ada <Lovelace>")
    page.reload()
    expect(badge.locator(".challenge-holder")).to_have_text("Ada <Lovelace>")

    page.evaluate(
        "window.print = () => { window.printed = document.documentElement.dataset.print }"
    )
    badge.get_by_role("button", name="Print the badge").click()
    assert page.evaluate("printed") == "badge"
    page.emulate_media(media="print")
    expect(badge).to_be_visible()
    expect(badge.get_by_role("button")).to_be_hidden()
    expect(page.get_by_role("heading", name="Challenge")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.get_by_role("heading", name="Challenge")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_hidden()  # no controls on paper


def test_keyboard_alone(page: Page) -> None:
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    form = asked(page)
    page.keyboard.press("Tab")
    expect(form.locator(".quiz-choice input").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(form.locator("legend .quiz-state")).not_to_be_empty()
    onward_button = page.locator(".challenge-next button")
    for _ in range(12):
        if onward_button.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(asked(page).locator(".quiz-label")).to_have_text("Problem 2 of 5")


def test_without_storage_it_works_and_says_so(
    chromium: Browser, serve: Callable[[Path, str], str], site: Path
) -> None:
    page = chromium.new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('off'); }})"
    )
    page.goto(serve(site, "") + "/numbers.html")
    play(page, 4)
    expect(page.get_by_role("group", name="Badge")).to_be_visible()
    expect(page.locator(".challenge-record")).to_contain_text("does not let the page keep it")
    page.close()


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_a_script_all_problems_can_be_read(page: Page) -> None:
    expect(page.locator("form:visible")).to_have_count(len(PROBLEMS))
    expect(page.get_by_role("button")).to_have_count(0)
    form = page.locator("#question-challenge-both-ends")
    form.locator(".quiz-answer summary").click()
    expect(form).to_contain_text("Right: C.", use_inner_text=True)


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 376, "height": 740}}, {"viewport": {"width": 1200, "height": 800}}],
    indirect=True,
    ids=["phone", "desktop"],
)
def test_fits_and_is_accessible_before_during_and_after(page: Page) -> None:
    def check() -> None:
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.evaluate(AXE.read_text("utf8"))
        # Code that scrolls can be focused by the book's theme, not by the plain one of this test.
        without = {"rules": {"scrollable-region-focusable": {"enabled": False}}}
        result = page.evaluate("without => axe.run('section.challenge', without)", without)
        assert [(rule["id"], rule["nodes"]) for rule in result["violations"]] == []
        for target in page.locator("section.challenge").locator("input, button, summary").all():
            if target.is_visible():
                box = target.bounding_box()
                assert box
                assert min(box["width"], box["height"]) >= 24, target

    page.clock.resume()
    check()
    start(page)
    answer(page, right=False)
    check()
    for _ in range(5):
        onward(page, "Skip this problem")
    check()
    play(page, 4)
    check()
