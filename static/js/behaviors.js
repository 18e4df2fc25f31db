/* Small behaviours bound by data attributes. Every page works without them.
   data-dialog-open="id"   opens <dialog id>            data-dialog-close   closes the dialog around it
   data-dismiss            removes the nearest .alert   data-submit-on-change  sends the form when a field changes
   data-once               a form sends only once       data-copy="text"    copies text, says so in the button
   data-print              prints the page              details.menu        closes on Escape and on a click outside
   data-file-drop          drop zone around <input type=file>, lists the chosen files
   data-confirm-leave      asks before unsaved typing is lost */
(function () {
  "use strict";

  function onClick(selector, act) {
    document.addEventListener("click", function (event) {
      var element = event.target.closest(selector);
      if (element) { act(element, event); }
    });
  }

  /* Dialogs */
  onClick("[data-dialog-open]", function (button, event) {
    var dialog = document.getElementById(button.dataset.dialogOpen);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  });
  onClick("[data-dialog-close]", function (button, event) {
    var dialog = button.closest("dialog");
    if (dialog) { event.preventDefault(); dialog.close(); }
  });
  document.addEventListener("click", function (event) {
    if (event.target.nodeName === "DIALOG") { event.target.close(); } // a click on the backdrop
  });

  /* Messages, printing, copying */
  onClick("[data-dismiss]", function (button) {
    var alert = button.closest(".alert");
    if (alert) { alert.remove(); }
  });
  onClick("[data-print]", function (button, event) { event.preventDefault(); window.print(); });
  onClick("[data-copy]", function (button) {
    if (!navigator.clipboard) { return; }
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var label = button.querySelector("[data-copy-label]") || button;
      var before = label.textContent;
      label.textContent = button.dataset.copied || "Copied";
      setTimeout(function () { label.textContent = before; }, 2000);
    });
  });

  /* Menus made of <details> */
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* Forms */
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-submit-on-change")) { form.requestSubmit(); }
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-once")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.querySelectorAll("[type=submit]").forEach(function (button) { button.setAttribute("aria-disabled", "true"); });
  });
  window.addEventListener("pageshow", function () { // back button: the form may be sent again
    document.querySelectorAll("form[data-once]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach(function (button) { button.removeAttribute("aria-disabled"); });
    });
  });
  var unsaved = false;
  document.addEventListener("input", function (event) {
    if (event.target.form && event.target.form.hasAttribute("data-confirm-leave")) { unsaved = true; }
  });
  document.addEventListener("submit", function () { unsaved = false; });
  window.addEventListener("beforeunload", function (event) { if (unsaved) { event.preventDefault(); } });

  /* File drop: the native input stays, the zone only adds drag and a list of names */
  function size(bytes) {
    return bytes < 1048576 ? Math.ceil(bytes / 1024) + " kB" : (bytes / 1048576).toFixed(1) + " MB";
  }
  function listFiles(zone) {
    var input = zone.querySelector("input[type=file]");
    var list = zone.querySelector("[data-file-list]");
    if (!input || !list) { return; }
    list.replaceChildren.apply(list, Array.from(input.files).map(function (file) {
      var item = document.createElement("li");
      item.textContent = file.name + ", " + size(file.size);
      return item;
    }));
  }
  ["dragenter", "dragover"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var zone = event.target.closest && event.target.closest("[data-file-drop]");
      if (zone) { event.preventDefault(); zone.classList.add("is-over"); }
    });
  });
  ["dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var zone = event.target.closest && event.target.closest("[data-file-drop]");
      if (!zone) { return; }
      zone.classList.remove("is-over");
      if (name === "drop") {
        event.preventDefault();
        zone.querySelector("input[type=file]").files = event.dataTransfer.files;
        listFiles(zone);
      }
    });
  });
  document.addEventListener("change", function (event) {
    var zone = event.target.closest("[data-file-drop]");
    if (zone) { listFiles(zone); }
  });

  /* After an htmx swap that carries errors, bring the reader to them */
  document.addEventListener("htmx:afterSwap", function (event) {
    var summary = event.target.querySelector && event.target.querySelector(".error-summary");
    if (summary) { summary.focus(); }
  });
  document.addEventListener("DOMContentLoaded", function () {
    var summary = document.querySelector(".error-summary");
    if (summary) { summary.focus(); }
  });
})();
