// The reference page without this script is complete; with it one can filter, copy and choose the colours.
"use strict";

const root = document.documentElement;
root.classList.add("scripted");
try {
  const kept = localStorage.getItem("carewire-theme");
  if (kept) root.dataset.theme = kept;
} catch {
  // Storage may be forbidden; the system's choice is good then.
}

addEventListener("DOMContentLoaded", () => {
  const filter = document.getElementById("filter");
  const nav = document.getElementById("contents");
  const menu = document.getElementById("menu");
  for (const element of document.querySelectorAll(".bar [hidden], .copy")) element.hidden = false;

  // --- filter: every word must occur; links and groups follow what is left ------------------------------------------
  const articles = [...document.querySelectorAll("article")];
  const groups = [...nav.querySelectorAll("details")];
  const opened = new Map(groups.map((group) => [group, group.open]));
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));

  function narrow() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const article of articles) {
      const fits = words.every((word) => article.dataset.text.includes(word));
      article.hidden = !fits;
      left += fits;
      const link = links.get(article.id);
      if (link) link.parentElement.hidden = !fits;
    }
    for (const section of document.querySelectorAll("main section")) {
      section.hidden = !section.querySelector("article:not([hidden])");
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
      group.open = words.length > 0 || opened.get(group);
    }
    document.getElementById("nothing").hidden = left > 0;
  }

  filter.addEventListener("input", () => {
    narrow();
    scrollTo({ top: 0, behavior: "instant" });
  });
  addEventListener("keydown", (event) => {
    const writing = event.target.matches("input, textarea");
    if (event.key === "/" && !writing) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape") {
      if (filter.value) {
        filter.value = "";
        narrow();
      }
      show(false);
    }
  });

  // A link to something the filter hides shows it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) {
      filter.value = "";
      narrow();
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", reveal);
  narrow();

  // --- contents on a phone ------------------------------------------------------------------------------------------
  function show(shown) {
    nav.classList.toggle("shown", shown);
    menu.setAttribute("aria-expanded", String(shown));
    menu.textContent = shown ? "Close" : "Contents";
  }
  menu.addEventListener("click", () => show(!nav.classList.contains("shown")));
  nav.addEventListener("click", (event) => event.target.closest("a") && show(false));

  // --- where one is -------------------------------------------------------------------------------------------------
  let current;
  function mark(id) {
    const link = links.get(id);
    if (!link || link === current) return;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "location");
    const group = link.closest("details");
    if (!group.open) {
      for (const other of groups) other.open = opened.get(other) || other === group;
    }
    // Not scrollIntoView: it would move the page as well.
    const { top, bottom } = link.getBoundingClientRect();
    const frame = nav.getBoundingClientRect();
    if (top < frame.top || bottom > frame.bottom) nav.scrollTop += top - (frame.top + frame.bottom) / 2;
  }
  const near = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) isIntersecting ? near.add(target) : near.delete(target);
      const first = articles.find((article) => near.has(article));
      if (first) mark(first.id);
    },
    { rootMargin: "-80px 0px -70% 0px" },
  );
  for (const article of articles) observer.observe(article);

  // --- copy, theme --------------------------------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const code = button.closest("figure").querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      // No clipboard without TLS: select the text, so that one key copies it.
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("carewire-theme", root.dataset.theme);
    } catch {
      // Kept for this visit only.
    }
  });
});
