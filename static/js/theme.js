/* Loaded in <head> before the style sheets so that the page never flashes in the wrong theme. */
(function () {
  "use strict";
  var KEY = "theme";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch (error) {
      return "auto"; // storage blocked: follow the system
    }
  }

  function apply(choice) {
    var theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.setAttribute("data-bs-theme", theme);
    root.setAttribute("data-theme-choice", choice);
  }

  function mark() {
    document.querySelectorAll("[data-theme-set]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === stored()));
    });
  }

  root.classList.add("js");
  apply(stored());
  dark.addEventListener("change", function () { apply(stored()); });
  window.addEventListener("storage", function (event) {
    if (event.key === KEY) { apply(stored()); mark(); }
  });
  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-set]");
    if (!button) { return; }
    try {
      localStorage.setItem(KEY, button.dataset.themeSet);
    } catch (error) { /* the choice then lasts for this page */ }
    apply(button.dataset.themeSet);
    document.querySelectorAll("[data-theme-set]").forEach(function (other) {
      other.setAttribute("aria-pressed", String(other === button));
    });
  });
})();
