/* What unfold and select2 leave out: a main landmark, names for fields, and one style our policy forbids. */
(() => {
  "use strict";

  const text = (element) => element?.textContent.replace(/\s+/g, " ").replace("*", "").trim() ?? "";

  const name = (element, words) => {
    if (element && words && !element.getAttribute("aria-label")) element.setAttribute("aria-label", words);
  };

  /* The words that name a field: its label, or in a table the column's heading. */
  const wordsFor = (field) => {
    const label = field.id && document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    if (label) return text(label);
    const cell = field.closest("td");
    const heading = cell?.closest("table")?.querySelectorAll("thead th")[cell.cellIndex];
    return text(heading);
  };

  const mendSelects = () => {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
      const box = select.nextElementSibling;
      if (!box?.classList.contains("select2-container")) continue;
      const words = wordsFor(select) || select.name;
      box.querySelectorAll(".select2-selection, .select2-selection__rendered[role=textbox], .select2-search__field")
        .forEach((part) => name(part, words));
      box.querySelectorAll("ul.select2-selection__rendered, ul.select2-selection__rendered > li")
        .forEach((part) => part.setAttribute("role", "none"));
    }
    document.querySelectorAll(".select2-search__field").forEach((field) => name(field, "Search"));
    document.querySelectorAll(".select2-results__options").forEach((list) => name(list, "Choices"));
  };

  const mendTables = () => {
    document.querySelectorAll("td input, td select, td textarea").forEach((field) => {
      if (field.type !== "hidden" && !field.labels?.length) name(field, wordsFor(field) || field.name);
    });
    document.querySelectorAll("thead th").forEach((heading) => {
      if (text(heading) || heading.querySelector("input")) return;
      const words = document.createElement("span");
      words.className = "words-for-readers";
      words.textContent = "Remove";
      heading.append(words);
    });
  };

  const mendRegions = () => {
    document.getElementById("main")?.setAttribute("role", "main");
    name(document.getElementById("nav-sidebar-inner"), "Administration");
    document.querySelectorAll("#main nav").forEach((nav, number) => name(nav, number ? `Part ${number + 1}` : "Parts"));
    document.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((region, number) => {
      region.setAttribute("aria-label", region.closest("#nav-sidebar-apps") ? "Navigation" : `Scrolled part ${number + 1}`);
    });
  };

  let waiting = false;
  const mend = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mendRegions();
      mendSelects();
      mendTables();
    });
  };

  document.addEventListener("alpine:init", () => {
    // Alpine would set it as a style attribute; css/admin.css gives the bar its width.
    document.getElementById("changelist-actions")?.removeAttribute("x-bind:style");
  });
  document.addEventListener("DOMContentLoaded", () => {
    mend();
    new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  });
})();
