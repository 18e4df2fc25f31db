/* The words of one form that are not sent yet, kept on this device: <form data-kept="name">, with a uid made by the server.
   Kept while typing, put back when the form is opened again, and forgotten when a page shows the record of that uid
   (data-kept-sent on an element) or its writer throws them away. Before sending, the server is asked whether it is there;
   without an answer the form stays, and says so. Photos are not kept. Words and buttons are in components/kept_words.html. */
(function () {
  "use strict";
  var PATIENCE = 8000; // milliseconds a weak connection gets
  var NOT_KEPT = ["csrfmiddlewaretoken"];
  var meta = document.querySelector("meta[name=qms-user]");
  var user = meta ? meta.content : "";

  function read(name) {
    try { return JSON.parse(localStorage.getItem("qms-kept-" + name)); } catch (error) { return null; }
  }
  function write(name, item) {
    try { localStorage.setItem("qms-kept-" + name, JSON.stringify(item)); return true; } catch (error) { return false; }
  }
  function forget(name) {
    try { localStorage.removeItem("qms-kept-" + name); } catch (error) { /* nothing was kept */ }
  }

  var sent = document.querySelector("[data-kept-sent]");
  if (sent) {
    var gone = read(sent.dataset.keptName);
    if (gone && gone.uid === sent.dataset.keptSent) { forget(sent.dataset.keptName); }
  }

  var form = document.querySelector("form[data-kept]");
  if (!form || !user) { return; }
  var name = form.dataset.kept;
  var box = document.getElementById("kept-words");
  var isSure = false;

  function say(what) {
    box.querySelectorAll("[data-kept-say]").forEach(function (line) { line.hidden = line.dataset.keptSay !== what; });
    box.hidden = !what;
  }
  function entries() {
    return Array.from(new FormData(form).entries()).filter(function (pair) {
      return typeof pair[1] === "string" && NOT_KEPT.indexOf(pair[0]) < 0;
    });
  }
  function hasWords() {
    return Array.from(form.querySelectorAll("textarea")).some(function (field) { return field.value.trim() !== ""; });
  }
  function keep() {
    if (!hasWords()) { return true; }
    return write(name, { uid: form.elements.uid.value, user: user, at: Date.now(), address: location.search, entries: entries() });
  }

  function putBack(item) {
    form.querySelectorAll("input[type=checkbox]").forEach(function (field) { field.checked = false; });
    item.entries.forEach(function (pair) {
      var field = form.elements[pair[0]];
      if (!field) { return; }
      if (field.type === "checkbox") { field.checked = true; return; }
      if (field.tagName === "SELECT" && !Array.from(field.options).some(function (option) { return option.value === pair[1]; })) { return; }
      field.value = pair[1];
    });
  }

  /* Whether the server answers and this user is logged in; a fresh token comes along, as the page may be an old one. */
  function ask() {
    var stop = new AbortController();
    var timer = setTimeout(function () { stop.abort(); }, PATIENCE);
    return fetch(form.dataset.keptSession, { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal,
      headers: { Accept: "application/json" } }).then(function (answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401) { return "login"; }
      if (!answer.ok) { return "offline"; }
      return answer.json().then(function (data) {
        if (data.user !== user) { return "login"; }
        form.elements.csrfmiddlewaretoken.value = data.csrf;
        return "ready";
      });
    }).catch(function () { return "offline"; }).finally(function () { clearTimeout(timer); });
  }
  function allowAgain() {
    delete form.dataset.sent;
    form.querySelectorAll("[type=submit]").forEach(function (button) { button.removeAttribute("aria-disabled"); });
  }

  form.addEventListener("submit", function (event) {
    var isKept = keep();
    if (isSure) { return; }
    event.preventDefault();
    ask().then(function (found) {
      if (found === "ready") { isSure = true; HTMLFormElement.prototype.submit.call(form); return; }
      allowAgain();
      say(isKept ? found : "unkept");
      box.scrollIntoView({ block: "center" });
    });
  });
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  window.addEventListener("pagehide", function () { if (!isSure) { keep(); } });
  window.addEventListener("pageshow", function () { isSure = false; });
  window.addEventListener("online", function () { if (!box.hidden) { say("online"); } });
  box.querySelector("[data-kept-drop]").addEventListener("click", function () {
    forget(name);
    form.querySelectorAll("textarea").forEach(function (field) { field.value = ""; });
    location.replace(location.pathname + location.search);
  });

  /* What the page itself says goes before: an answer of the server, or the record it was opened from. */
  var item = read(name);
  if (item && item.user !== user) { forget(name); item = null; }
  var isAnswer = !!form.querySelector(".is-invalid, .is-wrong, .invalid-feedback") || !!document.querySelector(".error-summary");
  if (item && !isAnswer && item.address === location.search) { putBack(item); say("back"); }
  form.dataset.keptReady = "1";
})();
