"use strict";
// What scrolls sideways on a narrow screen can be focused, and then scrolled by the arrow keys.
(() => {
  const settle = () => {
    const parts = [...document.querySelectorAll("article :is(table, pre, figure, div)")];
    // All sizes are read before anything is written: else the page is laid out anew for each.
    const scrolls = parts.map(
      (part) =>
        part.scrollWidth > part.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(part).overflowX)
    );
    parts.forEach((part, i) => {
      if (scrolls[i] && !part.hasAttribute("tabindex")) {
        part.tabIndex = 0;
        part.dataset.scrolls = "";
      } else if (!scrolls[i] && "scrolls" in part.dataset) {
        part.removeAttribute("tabindex");
        delete part.dataset.scrolls;
      }
    });
  };
  addEventListener("load", settle);
  addEventListener("resize", settle);
})();
