// Prepares the book's single page for paper. Run in the page, before it is printed.
() => {
  // What a reader would open by a click lies open.
  for (const part of document.querySelectorAll("details")) part.open = true;

  // A panel shows the middle one of its states, which tells more than the first.
  for (const slider of document.querySelectorAll('.explorer input[type="range"]')) {
    slider.value = (Number(slider.min) + Number(slider.max)) >> 1;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The answers of the questions follow at the end of each chapter.
  for (const chapter of document.querySelectorAll("[id^='document-'] + section")) {
    const answers = [];
    for (const question of chapter.querySelectorAll(".quiz-question")) {
      question.hidden = false; // the challenge shows one at a time
      question.dispatchEvent(new Event("quiz-reveal"));
      const answer = document.createElement("div");
      const name = document.createElement("p");
      name.className = "rubric";
      name.textContent = question.querySelector(".quiz-label").textContent;
      answer.append(name, ...question.querySelector(".quiz-feedback").childNodes);
      answers.push(answer);
    }
    if (answers.length) {
      const key = document.createElement("section");
      key.className = "quiz-key";
      key.append(Object.assign(document.createElement("h4"), { textContent: "Answers" }), ...answers);
      chapter.append(key);
    }
  }

  for (const code of document.querySelectorAll(".cell_input")) {
    code.classList.toggle("long", code.offsetHeight > 450); // pixels: a third of a sheet
  }
  for (const label of document.querySelectorAll("p.expanded")) {
    label.textContent = label.textContent.replace("Hide the ", "The ");
  }
  // The font of the paper has no emoji.
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace("✅", "✓");
};
