"use strict";
// What scrolls sideways on a narrow screen can be focused, and then scrolled by the arrow keys.
(() => {
  const article = document.querySelector("article");
  if (!article) return;
  const SELECTOR = "table, pre, figure, div";
  // Asked once the browser has laid the page out, as it does when a part is unfolded or turned.
  const sizes = new ResizeObserver((entries) => {
    const parts = entries.map(({ target }) => target);
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
  });
  const watch = (root) => {
    if (root.matches(SELECTOR)) sizes.observe(root);
    for (const part of root.querySelectorAll(SELECTOR)) sizes.observe(part);
  };
  watch(article);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node instanceof Element) watch(node);
  }).observe(article, { childList: true, subtree: true });
})();
