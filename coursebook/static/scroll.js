"use strict";
// What scrolls sideways on a narrow screen can be focused, and then scrolled by the arrow keys.
(() => {
  const settle = () => {
    for (const part of document.querySelectorAll("article :is(table, pre, figure, div)")) {
      const scrolls =
        part.scrollWidth > part.clientWidth + 1 &&
        ["auto", "scroll"].includes(getComputedStyle(part).overflowX);
      if (scrolls && !part.hasAttribute("tabindex")) {
        part.tabIndex = 0;
        part.dataset.scrolls = "";
      } else if (!scrolls && "scrolls" in part.dataset) {
        part.removeAttribute("tabindex");
        delete part.dataset.scrolls;
      }
    }
  };
  addEventListener("load", settle);
  addEventListener("resize", settle);
})();
