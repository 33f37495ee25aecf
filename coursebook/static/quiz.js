// Brings the questions of a page to life. The markup is readable without it; see coursebook/quiz.py.
"use strict";
(() => {
  // One item a question. The number belongs to the format: another format would ignore these items.
  const PREFIX = "rnnlib-quiz-1:";
  let storageWorks = true;

  function read(id) {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + id));
    } catch {
      return null; // storage is switched off, or holds something else
    }
  }

  function write(id, state) {
    try {
      localStorage.setItem(PREFIX + id, JSON.stringify(state));
    } catch {
      storageWorks = false;
    }
  }

  function element(tag, className, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...children);
    return node;
  }

  const tries = (n) => (n === 1 ? "1 try" : `${n} tries`);

  class Question {
    constructor(form) {
      const find = (name) => form.querySelector(`.quiz-${name}`);
      this.form = form;
      this.id = form.dataset.question;
      this.key = JSON.parse(atob(form.dataset.key));
      this.inputs = [...form.querySelectorAll(".quiz-choice input")];
      this.label = find("label").textContent;
      this.badge = find("state");
      this.again = find("again");
      this.feedback = find("feedback");

      // From here on the explanations appear one by one, beside the choice that was made.
      this.marks = this.key.map((right) =>
        element("span", "quiz-mark", right ? "right" : "not right")
      );
      this.reasons = [...form.querySelectorAll(".quiz-reasons > li")].map((item, i) =>
        element("div", "quiz-reason", this.heading(i), ...item.childNodes)
      );
      this.reasons.forEach((reason, i) => (reason.dataset.right = this.key[i]));
      this.mistake = find("mistake");
      find("answer").remove();

      const stored = read(this.id);
      // An edited question is a new question: what was stored for its old text no longer counts.
      this.state = stored?.version === form.dataset.version ? stored : this.fresh();
      this.inputs.forEach((input, i) => (input.checked = this.state.chosen.includes(i)));
      this.show();
      find("actions").hidden = false;
      // Only now, so that a screen reader announces an answer but not what was restored.
      this.feedback.setAttribute("role", "status");

      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.check();
      });
      this.again.addEventListener("click", () => this.retry());
      // For scripts that lead through questions, such as the challenge.
      form.addEventListener("reset", (event) => {
        event.preventDefault();
        this.reset();
      });
      form.addEventListener("quiz-reveal", () => this.reveal());
    }

    heading(i) {
      const letter = String.fromCharCode(65 + i);
      return element("p", "quiz-reason-title", `${letter} is ${this.key[i] ? "right" : "not right"}.`);
    }

    fresh() {
      // chosen: what the last check was made with; first: right at the first try.
      return { version: this.form.dataset.version, attempts: 0, solved: false, first: false, chosen: [] };
    }

    check() {
      const chosen = this.key.map((_, i) => i).filter((i) => this.inputs[i].checked);
      if (!chosen.length) {
        this.feedback.replaceChildren(element("p", "quiz-verdict", "Choose an answer first."));
        return;
      }
      const state = this.state;
      const solved = this.key.every((right, i) => right === chosen.includes(i));
      if (!state.solved) { // once solved, further tries are practice and count no more
        state.attempts += 1;
        state.solved = solved;
        state.first = solved && state.attempts === 1;
      }
      state.chosen = chosen;
      this.keep();
      const detail = { ...state, right: solved };
      this.form.dispatchEvent(new CustomEvent("quiz-answer", { bubbles: true, detail }));
    }

    /** Show the whole answer. */
    reveal() {
      const key = [...this.reasons].sort((one, other) => (other.dataset.right === "true") - (one.dataset.right === "true"));
      this.feedback.replaceChildren(...key, this.mistake);
    }

    retry() {
      this.inputs.forEach((input) => (input.checked = false));
      this.state.chosen = [];
      this.keep();
      this.inputs[0].focus();
    }

    reset() {
      this.inputs.forEach((input) => (input.checked = false));
      this.state = this.fresh();
      this.keep();
    }

    keep() {
      write(this.id, this.state);
      this.show();
      summaries.forEach((summary) => summary.show());
    }

    get progress() {
      const { attempts, solved, first } = this.state;
      if (first) return "right at the first try";
      if (solved) return `right after ${tries(attempts)}`;
      return attempts ? `${tries(attempts)} so far` : "";
    }

    get status() {
      const { attempts, solved, first } = this.state;
      return first ? "first" : solved ? "solved" : attempts ? "tried" : "new";
    }

    show() {
      const chosen = this.state.chosen;
      this.badge.textContent = this.progress;
      this.form.dataset.status = this.status;
      this.again.hidden = !chosen.length;
      this.inputs.forEach((input, i) => {
        const row = input.closest(".quiz-choice");
        this.marks[i].remove();
        delete row.dataset.right;
        if (chosen.includes(i)) {
          row.dataset.right = this.key[i];
          row.append(this.marks[i]);
        }
      });
      this.feedback.replaceChildren(...(chosen.length ? this.explain(chosen) : []));
    }

    explain(chosen) {
      const missing = this.key.filter((right, i) => right && !chosen.includes(i)).length;
      const wrong = chosen.filter((i) => !this.key[i]).length;
      const parts = [];
      if (missing && !wrong) {
        const count = missing > 1 ? `${missing} right choices are` : "1 right choice is";
        parts.push(element("p", "quiz-verdict", `Not complete yet: ${count} missing.`));
      }
      parts.push(...chosen.map((i) => this.reasons[i]));
      if (!wrong && !missing) {
        const others = this.reasons.filter((_, i) => !chosen.includes(i));
        if (others.length) {
          const summary = document.createElement("summary");
          summary.append("Why not the others?");
          parts.push(element("details", "quiz-others", summary, ...others));
        }
        parts.push(this.mistake);
      }
      return parts;
    }
  }

  class Summary {
    constructor(section) {
      const find = (name) => section.querySelector(`.quiz-${name}`);
      this.questions = questions.filter((question) => section.contains(question.form));
      this.score = find("score");
      this.page = find("page");
      this.kept = find("kept");
      this.note = find("note");
      this.links = this.questions.map((question, i) => {
        const link = element("a", "quiz-link", String(i + 1));
        link.href = `#${question.form.id}`;
        return link;
      });
      find("map").append(...this.links.map((link) => element("li", "", link)));
      find("reset").addEventListener("click", () => {
        questions.forEach((question) => question.reset());
        this.note.textContent = "Your progress on this page is reset.";
      });
      this.show();
      find("summary").hidden = false;
      this.note.setAttribute("role", "status");
    }

    show() {
      const count = (asked) => {
        const first = asked.filter((question) => question.state.first).length;
        const solved = asked.filter((question) => question.state.solved).length;
        return `${first} of ${asked.length} right at the first try, ${solved} of ${asked.length} solved.`;
      };
      this.score.textContent = `Quiz: ${count(this.questions)}`;
      this.page.textContent = `Whole page: ${count(questions)}`;
      this.page.hidden = questions.length === this.questions.length;
      this.kept.textContent = storageWorks
        ? "Kept in this browser only."
        : "This browser does not let the page keep it.";
      this.note.textContent = "";
      this.questions.forEach((question, i) => {
        this.links[i].dataset.status = question.status;
        this.links[i].setAttribute("aria-label", `${question.label}: ${question.progress || "not answered"}`);
      });
    }
  }

  const summaries = [];
  const questions = [...document.querySelectorAll("form.quiz-question")].map((form) => new Question(form));
  summaries.push(...[...document.querySelectorAll("section.quiz")].map((section) => new Summary(section)));
})();
