// Leads through rounds of problems: draws, times and counts them. See coursebook/challenge.py; the
// questions themselves are brought to life by quiz.js.
"use strict";
(() => {
  const KEY = "rnnlib-challenge-1"; // the number belongs to the format of what is kept
  const SPOKEN = { 60: "One minute left.", 30: "30 seconds left.", 10: "10 seconds left." };
  const count = (n, one, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;

  function read() {
    const empty = { rounds: 0, seen: [], best: null, holder: "" };
    try {
      return { ...empty, ...JSON.parse(localStorage.getItem(KEY)) };
    } catch {
      return empty; // storage is switched off, or holds something else
    }
  }

  function element(tag, className, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...children);
    return node;
  }

  class Challenge {
    constructor(section) {
      const find = (name) => section.querySelector(`.challenge-${name}`);
      this.draw = JSON.parse(section.dataset.draw);
      this.seconds = Number(section.dataset.seconds);
      this.mastery = Number(section.dataset.mastery);
      this.forms = [...section.querySelectorAll("form.quiz-question")];
      this.startButton = find("start");
      this.switch = section.querySelector("[name=clock]");
      this.clock = find("clock");
      this.said = find("said");
      this.nextLine = find("next");
      this.nextButton = this.nextLine.querySelector("button");
      this.result = find("result");
      this.badge = find("badge");
      this.holder = section.querySelector("[name=holder]");
      this.kept = read();
      this.storageWorks = true;
      this.round = []; // the forms of the running round; empty when none runs

      for (const form of this.forms) form.hidden = true;
      this.record = find("record");
      this.showRecord();
      find("panel").hidden = false;
      this.holder.value = this.kept.holder;
      this.showBadge();

      this.startButton.addEventListener("click", () => this.start());
      this.nextButton.addEventListener("click", () => this.next());
      this.switch.addEventListener("change", () => this.switchOff());
      section.addEventListener("quiz-answer", (event) => this.answered(event.detail));
      this.holder.addEventListener("input", () => {
        this.kept.holder = this.holder.value;
        this.keep();
        this.showBadge();
      });
      find("print").querySelector("button").addEventListener("click", () => this.print());
    }

    keep() {
      try {
        localStorage.setItem(KEY, JSON.stringify(this.kept));
      } catch {
        this.storageWorks = false;
      }
    }

    /** Some problems of each level at random; those of the round before come last. */
    drawn() {
      const seen = new Set(this.kept.seen);
      const order = new Map(this.forms.map((form) => [form, Math.random() + seen.has(form.dataset.question)]));
      const level = (form) => form.querySelector(".quiz-level").dataset.level;
      return Object.entries(this.draw).flatMap(([name, wanted]) =>
        this.forms
          .filter((form) => level(form) === name)
          .sort((one, other) => order.get(one) - order.get(other))
          .slice(0, wanted)
      );
    }

    start() {
      this.round = this.drawn();
      this.results = [];
      this.clocked = this.switch.checked;
      this.kept.rounds += 1;
      this.kept.seen = this.round.map((form) => form.dataset.question);
      this.keep();
      this.record.textContent = `Round ${this.kept.rounds}.`;
      this.startButton.hidden = true;
      this.result.hidden = true;
      this.badge.hidden = true;
      this.switch.disabled = !this.clocked; // off it may go at any time, on only before a round
      this.next();
    }

    get form() {
      return this.round[this.results.length - 1];
    }

    get present() {
      return this.results.at(-1);
    }

    next() {
      this.stopClock();
      if (this.form) this.form.hidden = true;
      if (this.results.length === this.round.length) return this.finish();
      this.results.push({ attempts: 0, solved: false, first: false, open: true });
      const form = this.form;
      form.reset();
      const fieldset = form.querySelector("fieldset");
      fieldset.disabled = false;
      form.querySelector(".quiz-actions").hidden = false;
      form.querySelector(".quiz-hint").open = false;
      form.querySelector(".quiz-label").textContent =
        `Problem ${this.results.length} of ${this.round.length}`;
      form.hidden = false;
      this.said.textContent = "";
      this.showNext();
      if (this.clocked) this.startClock();
      fieldset.tabIndex = -1; // a screen reader then reads the problem
      fieldset.focus();
    }

    showNext() {
      const last = this.results.length === this.round.length;
      const verb = this.present.open ? "Skip this problem" : last ? "See the result" : "Next problem";
      this.nextButton.textContent = verb;
      this.nextLine.hidden = false;
    }

    answered({ attempts, solved, first }) {
      if (!this.round.length || !this.present.open) return;
      Object.assign(this.present, { attempts, solved, first });
      if (solved) this.close();
    }

    /** The present problem is over: solved, or out of time. */
    close() {
      this.present.open = false;
      this.stopClock();
      this.showNext();
    }

    // The clock

    startClock() {
      this.end = performance.now() + 1000 * this.seconds;
      this.left = this.seconds;
      this.showClock();
      this.clock.hidden = false;
      this.timer = setInterval(() => this.tick(), 250);
    }

    stopClock() {
      clearInterval(this.timer);
      this.clock.hidden = true;
    }

    showClock() {
      const seconds = String(this.left % 60).padStart(2, "0");
      this.clock.textContent = `${Math.floor(this.left / 60)}:${seconds}`;
    }

    tick() {
      const left = Math.max(0, Math.ceil((this.end - performance.now()) / 1000));
      if (left === this.left) return;
      const passed = Object.keys(SPOKEN).map(Number).filter((mark) => left <= mark && mark < this.left);
      this.left = left;
      this.showClock();
      if (!left) return this.timeUp();
      if (passed.length) this.said.textContent = SPOKEN[Math.min(...passed)];
    }

    timeUp() {
      const form = this.form;
      form.querySelector("fieldset").disabled = true;
      form.querySelector(".quiz-actions").hidden = true;
      form.dispatchEvent(new Event("quiz-reveal"));
      this.said.textContent = "Time is up.";
      this.close();
      this.nextButton.focus();
    }

    switchOff() {
      if (!this.round.length || this.switch.checked) return;
      this.clocked = false;
      this.switch.disabled = true;
      this.stopClock();
      this.said.textContent = "The clock is off for this round.";
    }

    // The result

    finish() {
      const first = this.results.filter((result) => result.first).length;
      const solved = this.results.filter((result) => result.solved).length;
      const tries = this.results.reduce((sum, result) => sum + result.attempts, 0);
      const total = this.round.length;
      const date = new Date().toISOString().slice(0, 10);
      const score = { first, solved, total, clocked: this.clocked, round: this.kept.rounds, date };
      const rank = (one) => (one ? one.first + one.solved / 100 + one.clocked / 1000 : -1);
      if (rank(score) > rank(this.kept.best)) this.kept.best = score;
      this.keep();

      const lines = this.results.map(({ attempts, solved, first }, i) => {
        const prompt = this.round[i].querySelector(".quiz-prompt p").textContent;
        const tried = count(attempts, "try", "tries");
        const verdict = first ? "right at the first try" : solved ? `right after ${tried}` : `not solved, ${tried}`;
        return element("li", "", element("span", "", prompt), ` – ${verdict}`);
      });
      const earned = first >= this.mastery;
      const verdict = earned
        ? "The badge is yours."
        : `The badge needs ${this.mastery} at the first try.`;
      this.result.replaceChildren(
        element("p", "challenge-verdict", `${first} of ${total} right at the first try, ${solved} solved, ${count(tries, "try", "tries")}. ${verdict}`),
        element("ol", "", ...lines)
      );
      this.round = [];
      this.nextLine.hidden = true;
      this.said.textContent = "";
      this.switch.disabled = false;
      this.startButton.textContent = "Another round";
      this.startButton.hidden = false;
      this.showRecord();
      this.result.hidden = false;
      this.showBadge();
      this.result.focus();
    }

    showRecord() {
      const { rounds, best } = this.kept;
      const held = this.storageWorks ? "Kept in this browser only." : "This browser does not let the page keep it.";
      this.record.textContent = rounds
        ? `${count(rounds, "round")} begun. ${best ? `Best: ${best.first} of ${best.total} right at the first try. ` : ""}${held}`
        : "Nothing has begun yet, and no clock runs.";
    }

    showBadge() {
      const { best } = this.kept;
      this.badge.hidden = !best || best.first < this.mastery;
      if (this.badge.hidden) return;
      const find = (name) => this.badge.querySelector(`.challenge-${name}`);
      const clock = best.clocked ? `${this.seconds / 60} minutes for each` : "without a clock";
      find("holder").textContent = this.kept.holder;
      find("score").textContent =
        `${best.first} of ${best.total} problems right at the first try, ${clock}, ` +
        `in round ${best.round}, on ${best.date.replaceAll("-", "\u2011")}`;
    }

    /** The badge alone on paper. */
    print() {
      const root = document.documentElement;
      root.dataset.print = "badge";
      addEventListener("afterprint", () => delete root.dataset.print, { once: true });
      print();
    }
  }

  for (const section of document.querySelectorAll("section.challenge")) new Challenge(section);
})();
