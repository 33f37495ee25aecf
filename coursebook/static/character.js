// Runs a character model on what the reader types. Its weights come with the page: see
// coursebook/explorer.py, and rnnlib/explore/_character.py, which draws the same where a kernel runs.
"use strict";
(() => {
  const ZERO = 80; // the code of the character that stands for a weight of 0

  const floats = (text) =>
    new Float32Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);

  /** Rows of a matrix. A character is a whole number, which counts in a unit of the row's own. */
  function matrix({ levels, unit }) {
    const units = floats(unit);
    const columns = levels.length / units.length;
    return Array.from(units, (one, row) =>
      Float32Array.from(
        levels.slice(row * columns, (row + 1) * columns),
        (character) => one * (character.charCodeAt(0) - ZERO)
      )
    );
  }

  /** matrix (N, M) times vector (M,) plus bias (N,) */
  function linear(rows, vector, bias) {
    return Float64Array.from(rows, (row, n) => {
      let sum = bias[n];
      for (let m = 0; m < row.length; m++) sum += row[m] * vector[m];
      return sum;
    });
  }

  const sigmoid = (value) => 1 / (1 + Math.exp(-value));
  const NONLINEARITIES = { tanh: Math.tanh, relu: (value) => Math.max(0, value) };

  // One step of each kind, from a = W_ih x + b_ih, b = W_hh h + b_hh and the state before. The
  // blocks of H rows are in torch's order.
  const STEPS = {
    RNN: (a, b, { h }, nonlinearity) => ({ h: h.map((_, j) => nonlinearity(a[j] + b[j])) }),

    LSTM(a, b, state) {
      const H = state.h.length;
      const gate = (block, j) => sigmoid(a[block * H + j] + b[block * H + j]);
      const c = state.c.map(
        (old, j) => gate(1, j) * old + gate(0, j) * Math.tanh(a[2 * H + j] + b[2 * H + j])
      );
      return { h: c.map((value, j) => gate(3, j) * Math.tanh(value)), c };
    },

    GRU(a, b, { h }) {
      const H = h.length;
      const gate = (block, j) => sigmoid(a[block * H + j] + b[block * H + j]);
      const proposal = (j) => Math.tanh(a[2 * H + j] + gate(0, j) * b[2 * H + j]);
      return { h: h.map((old, j) => (1 - gate(1, j)) * proposal(j) + gate(1, j) * old) };
    },
  };

  class Network {
    constructor({ kind, nonlinearity, vocabulary, weights }) {
      this.codes = new Map(vocabulary.map((character, code) => [character, code]));
      for (const name of ["embedding", "W_ih", "W_hh", "head"]) this[name] = matrix(weights[name]);
      for (const name of ["b_ih", "b_hh", "b_head"]) this[name] = floats(weights[name]);
      this.step = STEPS[kind];
      this.nonlinearity = NONLINEARITIES[nonlinearity];
      const H = this.W_hh[0].length;
      // states[t] is the state after t characters.
      this.states = [{ h: new Float64Array(H), c: kind === "LSTM" ? new Float64Array(H) : undefined }];
      this.read = []; // the codes of the characters read so far
    }

    /** Read a text. Only what differs from the last one has to be read again. */
    see(text) {
      const codes = [...text].map((character) => this.codes.get(character) ?? 0);
      let same = 0;
      while (same < this.read.length && codes[same] === this.read[same]) same++;
      this.states.length = same + 1;
      for (const code of codes.slice(same)) {
        const state = this.states.at(-1);
        const a = linear(this.W_ih, this.embedding[code], this.b_ih);
        const b = linear(this.W_hh, state.h, this.b_hh);
        this.states.push(this.step(a, b, state, this.nonlinearity));
      }
      this.read = codes;
    }

    /** Probabilities of the next character. */
    next(temperature) {
      const scores = linear(this.head, this.states.at(-1).h, this.b_head);
      const largest = Math.max(...scores);
      const p = scores.map((score) => Math.exp((score - largest) / temperature));
      const sum = p.reduce((all, one) => all + one, 0);
      return p.map((one) => one / sum);
    }

    /** What each unit keeps after t characters: tanh(c) of an LSTM, else h. */
    memory(t) {
      const { h, c } = this.states[t];
      return c ? c.map(Math.tanh) : h;
    }
  }

  // The drawing, in the numbers of _character.py.
  const WIDTH = 300;
  const LEFT = 24;
  const COLUMNS = 16;
  const PITCH = (WIDTH - LEFT) / COLUMNS;
  const TOP = 22;
  const LINE = 30;
  const LINES = 4;
  const LINE_HEIGHT = 42;
  const BAR = 11;
  const VISIBLE = { "\n": "↵", "\t": "→", " ": "\u00a0" };
  const SVG = "http://www.w3.org/2000/svg";

  function rectangle(x, y, width, height) {
    const [w, h] = [width.toFixed(1), height.toFixed(1)];
    return `M${x.toFixed(1)} ${y.toFixed(1)}h${w}v${h}h${(-width).toFixed(1)}z`;
  }

  /** One path for what is positive, one for what is negative. */
  function fill(group, shapes) {
    for (const name of ["blue", "orange"]) {
      let path = group.querySelector(`.${name}`);
      if (!path) {
        path = document.createElementNS(SVG, "path");
        path.setAttribute("class", name);
        group.append(path);
      }
      const mine = shapes.filter(([value]) => (name === "orange") === value < 0);
      path.setAttribute("d", mine.map(([, shape]) => shape).join(""));
    }
  }

  function square(j, side) {
    const x = LEFT + PITCH * ((j % COLUMNS) + 0.5);
    const y = TOP + PITCH * (Math.floor(j / COLUMNS) + 0.5);
    return rectangle(x - side / 2, y - side / 2, side, side);
  }

  const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const percent = (p) => `${(100 * p).toFixed(1)}%`;

  class Explorer {
    constructor(root, model) {
      this.root = root;
      this.vocabulary = model.vocabulary;
      this.names = model.names;
      this.network = new Network(model);
      const find = (selector) => root.querySelector(selector);
      this.text = find("textarea");
      this.temperature = find("[name=temperature]");
      this.unit = find("[name=unit]");
      this.words = find(".explorer-words p");
      this.title = find("[data-title]");
      this.rows = [...root.querySelectorAll(".character-next tbody tr")];
      for (const row of this.rows) {
        const button = document.createElement("button");
        button.type = "button";
        row.cells[0].replaceChildren(button);
        button.addEventListener("click", () => this.add(button.value));
      }

      const controls = find(".explorer-controls");
      controls.addEventListener("input", () => this.show());
      controls.addEventListener("change", (event) => event.target.reportValidity?.());
      // Arrow keys turn pages in the book and move between cells in a notebook: not from here.
      controls.addEventListener("keydown", (event) => event.stopPropagation());
      find("[data-clear]").addEventListener("click", () => {
        this.text.value = "";
        this.show();
        this.text.focus();
      });
      const write = find("[data-write]");
      write.addEventListener("click", () => this.write(Number(write.dataset.write)));
      for (const group of root.querySelectorAll("[data-squares]")) {
        group.ownerSVGElement.addEventListener("click", (event) => this.choose(event));
      }
      const count = find(".character-note");
      count.textContent =
        "This network runs in your browser: what you type stays here. It has read nothing before the first character.";
      controls.hidden = false;
      this.show();
    }

    add(characters) {
      this.text.value = (this.text.value + characters).slice(0, this.text.maxLength);
      this.show();
    }

    /** Write on: draw characters with the model's probabilities. */
    write(count) {
      let added = this.text.value ? "" : "\n"; // it has to have read something
      for (let i = 0; i < count; i++) {
        this.network.see(this.text.value + added);
        let left = Math.random();
        const p = this.network.next(Number(this.temperature.value));
        const code = p.findIndex((one) => (left -= one) < 0);
        added += this.vocabulary.at(code); // rounding may leave -1: the last one
      }
      this.add(added);
    }

    /** The unit whose square was clicked. */
    choose({ currentTarget, clientX, clientY }) {
      const box = currentTarget.getBoundingClientRect();
      const scale = WIDTH / box.width;
      const column = Math.floor(((clientX - box.left) * scale - LEFT) / PITCH);
      const row = Math.floor(((clientY - box.top) * scale - TOP) / PITCH);
      const unit = row * COLUMNS + column;
      if (row < 0 || column < 0 || column >= COLUMNS || unit > Number(this.unit.max)) return;
      this.unit.value = unit;
      this.show();
    }

    show() {
      if (!this.unit.checkValidity()) return; // keep the last good state
      const text = this.text.value;
      this.network.see(text);
      this.temperature.nextElementSibling.textContent = Number(this.temperature.value).toFixed(1);
      // An empty text has no next character: nothing was ever trained to begin with nothing.
      const p = text && this.network.next(Number(this.temperature.value));
      const { h, c } = this.network.states.at(-1);
      this.showNext(p);
      this.showStates({ h, c: c?.map(Math.tanh) }, Number(this.unit.value));
      this.showTrack(Number(this.unit.value));
      this.showNumbers({ p: p || [], h, c: c?.map(Math.tanh) });
    }

    showNext(p) {
      const codes = this.vocabulary.map((_, code) => code);
      const best = p ? codes.sort((one, other) => p[other] - p[one]) : [];
      this.rows.forEach((row, place) => {
        const code = best[place];
        const [button, bar] = [row.querySelector("button"), row.querySelector("rect")];
        row.hidden = code === undefined;
        if (row.hidden) return;
        const character = this.vocabulary[code];
        button.value = character;
        button.textContent = /\s/.test(character) ? this.names[code] : character;
        button.setAttribute("aria-label", `${button.textContent}, ${this.names[code]}: type it`);
        bar.setAttribute("width", (100 * p[code]).toFixed(1));
        row.cells[2].textContent = percent(p[code]);
      });
      const three = best.slice(0, 3).map((code) => `${this.names[code]} ${percent(p[code])}`);
      this.say(p ? `Most likely next: ${three.join(", ")}.` : "Nothing read yet: type something.");
    }

    /** In a live region: after a pause, so that a screen reader is not interrupted at each key. */
    say(words) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => {
        if (this.words.textContent !== words) this.words.textContent = words;
      }, 500);
    }

    showStates(states, unit) {
      for (const group of this.root.querySelectorAll("[data-squares]")) {
        const values = [...states[group.dataset.squares]];
        const limit = largest(values);
        const side = (value) => 0.9 * PITCH * Math.sqrt(Math.abs(value) / limit);
        fill(group, values.map((value, j) => [value, square(j, side(value))]));
      }
      for (const frame of this.root.querySelectorAll("[data-chosen]")) {
        frame.setAttribute("d", square(unit, PITCH));
      }
    }

    showTrack(unit) {
      this.title.textContent = this.title.textContent.replace(/\d+/, unit);
      const seen = this.network.read.map((code) => this.vocabulary[code]);
      const values = seen.map((_, t) => this.network.memory(t + 1)[unit]);
      const limit = largest(values);
      const first = Math.max(0, Math.ceil(seen.length / LINE) - LINES) * LINE;
      const bars = [];
      this.root.querySelectorAll("[data-lines] text").forEach((line, row) => {
        const start = first + row * LINE;
        const shown = seen.slice(start, start + LINE);
        line.textContent = shown.map((character) => VISIBLE[character] ?? character).join("");
        const zero = TOP + row * LINE_HEIGHT + 17 + BAR;
        shown.forEach((_, k) => {
          const value = values[start + k];
          const height = (-BAR * value) / limit;
          bars.push([value, rectangle((WIDTH / LINE) * k + 1, zero, WIDTH / LINE - 2, height)]);
        });
      });
      fill(this.root.querySelector("[data-track]"), bars);
    }

    showNumbers(all) {
      for (const table of this.root.querySelectorAll("[data-numbers]")) {
        const values = all[table.dataset.numbers];
        const decimals = table.dataset.numbers === "p" ? 6 : 4;
        table.querySelectorAll("td").forEach((cell, i) => {
          cell.textContent = values[i]?.toFixed(decimals) ?? "–";
        });
      }
    }
  }

  /** Load the weights, which the book keeps in a file of their own, when they come in sight. */
  function load(root) {
    const { source, key } = root.dataset;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        const script = document.createElement("script");
        script.src = source;
        script.addEventListener("load", () => new Explorer(root, globalThis.characterModels[key]));
        document.head.append(script);
      },
      { rootMargin: "1000px" }
    );
    observer.observe(root);
  }

  for (const root of document.querySelectorAll(".character-model")) {
    if (root.dataset.model) new Explorer(root, JSON.parse(root.dataset.model));
    else load(root);
  }
})();
