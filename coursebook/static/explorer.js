// Makes the explorers of a page respond. All that they can show is in the markup already:
// an element with data-in is seen in the states it lists, one with data-size prints a sum of
// products of the sizes, such as H*I+H. The state is what the controls with data-key say.
"use strict";

// The character model has a script of its own.
for (const root of document.querySelectorAll(".explorer:not(.character-model)")) {
  const controls = root.querySelector(".explorer-controls");
  const inputs = [...controls.querySelectorAll("input")];
  const slider = controls.querySelector("[type=range]");
  const buttons = [...controls.querySelectorAll("button")];

  const read = (input) =>
    input.type === "checkbox" && !input.checked ? input.dataset.off : input.value;

  function show() {
    if (!inputs.every((input) => input.checkValidity())) return; // keep the last good state
    const sizes = Object.fromEntries(inputs.map((input) => [input.name, Number(read(input))]));
    const state = inputs.filter((input) => "key" in input.dataset).map(read).join("");
    for (const element of root.querySelectorAll("[data-in]")) {
      const seen = element.dataset.in.split(" ").includes(state);
      if (!(element instanceof SVGElement)) element.hidden = !seen;
      else if (seen) element.removeAttribute("display");
      else element.setAttribute("display", "none");
    }
    for (const element of root.querySelectorAll("[data-size]")) {
      const product = (term) => term.split("*").reduce((all, name) => all * sizes[name], 1);
      const size = String(element.dataset.size.split("+").reduce((sum, term) => sum + product(term), 0));
      if (element.textContent !== size) element.textContent = size;
    }
    for (const button of buttons) {
      const end = button.dataset.by < 0 ? slider.min : slider.max;
      button.setAttribute("aria-disabled", slider.value === end);
    }
  }

  // The pictures of all states come at the first touch, before the slider asks for one.
  const load = () => root.querySelectorAll("img").forEach((image) => { image.loading = "eager"; });
  controls.addEventListener("pointerenter", load, { once: true });
  controls.addEventListener("focusin", load, { once: true });
  controls.addEventListener("input", show);
  // On leaving a field with a size that cannot be, the browser says what it has to be.
  controls.addEventListener("change", (event) => event.target.reportValidity());
  controls.addEventListener("click", ({ target }) => {
    if (!buttons.includes(target)) return;
    slider.stepUp(Number(target.dataset.by));
    show();
  });
  // Arrow keys turn pages in the book and move between cells in a notebook: not from here.
  controls.addEventListener("keydown", (event) => event.stopPropagation());
  controls.hidden = false;
  show(); // after a reload the browser may have kept the reader's choices
}
