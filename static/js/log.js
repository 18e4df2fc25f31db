/* The Log page: choose a kind, write, send. Every entry goes through the queue (queue.js), with or without a connection,
   under the uid that the form carries, so a double tap or a repeated upload never makes two records. */
(function () {
  "use strict";
  var queue = window.qmsQueue;
  var draft = window.qmsDraft;
  var photos = window.qmsPhotos;
  var form = document.getElementById("log-form");
  var wordsElement = document.getElementById("log-words");
  if (!form || !wordsElement || !("indexedDB" in window)) { return; } // the ordinary form works by itself
  var words = wordsElement.dataset;
  var kept = document.querySelector("[data-kept]");
  var problems = form.querySelector("[data-problems]");
  var send = form.querySelector("[data-send]");
  var saved = form.querySelector("[data-saved]");
  var DAY = 24 * 60 * 60 * 1000;
  var PATIENCE = 12000; // milliseconds the page waits for a slow upload before it lets go; the queue goes on
  var isSending = false;
  var isArrowing = false;

  function one(selector, root) { return (root || form).querySelector(selector); }
  function every(selector, root) { return Array.from((root || form).querySelectorAll(selector)); }
  function kind() { return one("[name=activity_type]:checked"); }
  function valueOf(name) { return form.elements[name] ? form.elements[name].value.trim() : ""; }

  /* Kinds */
  function isWalk() { return Boolean(kind() && kind().hasAttribute("data-has-stops")); }
  function hasStopWords() {
    return every("[data-stops] textarea").some(function (field) { return field.value.trim(); });
  }
  function showKind() {
    var chosen = kind();
    form.classList.toggle("is-chosen", Boolean(chosen));
    if (!chosen) { return; }
    var tile = chosen.closest(".tile");
    one("[data-chosen-label]").textContent = chosen.dataset.label;
    one("[data-chosen-icon]").replaceChildren(tile.querySelector("svg").cloneNode(true));
    one("[data-stops]").hidden = !isWalk() && !hasStopWords();
    one("[data-area-field]").hidden = isWalk();
    one("[data-audience-field]").hidden = !chosen.hasAttribute("data-has-audience") && !valueOf("audience_size");
    form.elements.title.placeholder = chosen.dataset.hint;
    one("label[for='" + form.elements.title.id + "']").textContent = isWalk() ? words.titleWalk : words.titlePlain;
    var fieldset = one("[data-title-field]");
    if (isWalk()) { one("[data-photos-field]").after(fieldset); } else { one("[data-stops]").after(fieldset); }
    numberRows(one("[data-rows=stops]"));
  }
  function chooseKind() {
    showKind();
    window.scrollTo(0, 0);
    var first = isWalk() ? one("[data-stops] textarea") : form.elements.title;
    if (first) { first.focus({ preventScroll: false }); } // in the tap itself, so that the keyboard opens
  }
  function changeKind() {
    form.classList.remove("is-chosen");
    window.scrollTo(0, 0);
    var chosen = kind();
    if (chosen) { chosen.focus(); }
  }

  /* Rows: stops and follow-ups */
  function rowsOf(set) { return every("[data-row]", one("[data-row-list]", set)).filter(function (row) { return !row.hidden; }); }
  function numberRows(set) {
    var rows = rowsOf(set);
    rows.forEach(function (row, index) {
      one("[data-row-number]", row).textContent = index + 1;
      one("[data-row-remove]", row).hidden = rows.length < 2;
    });
    set.classList.toggle("has-one", rows.length < 2);
  }
  function addRow(prefix) {
    var set = one("[data-rows=" + prefix + "]");
    var total = form.elements[prefix + "-TOTAL_FORMS"];
    var holder = document.createElement("template");
    holder.innerHTML = one("[data-row-template]", set).innerHTML.replaceAll("__prefix__", total.value);
    var row = holder.content.firstElementChild;
    one("[data-row-list]", set).append(row);
    total.value = Number(total.value) + 1;
    window.qmsPeople.enhance(row, form.dataset.peopleUrl);
    numberRows(set);
    return row;
  }
  /* A removed row stays in its place, empty and unseen, so that the numbers of the others hold; the server drops it. */
  function removeRow(row) {
    every("input, textarea", row).forEach(function (field) { field.value = ""; });
    row.hidden = true;
    numberRows(row.closest("[data-rows]"));
    keepDraft();
  }
  function hideEmptyRows() {
    every("[data-rows]").forEach(function (set) {
      every("[data-row]", one("[data-row-list]", set)).forEach(function (row, index) {
        var isEmpty = every("input, textarea", row).every(function (field) { return !field.value.trim(); });
        row.hidden = isEmpty && index > 0;
      });
      if (!rowsOf(set).length) { one("[data-row]", one("[data-row-list]", set)).hidden = false; }
      numberRows(set);
    });
  }
  function nextStop() {
    var row = addRow("stops");
    var area = one("select", row);
    row.scrollIntoView({ block: "start" });
    area.focus();
  }

  /* A promise becomes a follow-up, with an owner and a date, under "More" */
  function promiseOf(row) { return one("textarea[name$=-promised]", row).value.trim().replace(/\s+/g, " ").slice(0, 240); }
  function followUpTitles() { return every("[data-rows=follow_ups] [data-row-list] [name$=-title]"); }
  function showPromises() {
    var taken = followUpTitles().map(function (field) { return field.value.trim(); });
    every("[data-stops] [data-row-list] [data-row]").forEach(function (row) {
      one("[data-promise]", row).hidden = !promiseOf(row) || taken.indexOf(promiseOf(row)) >= 0;
    });
  }
  function followUp(row) {
    var free = followUpTitles().find(function (field) { return !field.value.trim(); });
    var title = free || one("[name$=-title]", addRow("follow_ups"));
    title.value = promiseOf(row);
    title.closest("[data-row]").hidden = false;
    numberRows(one("[data-rows=follow_ups]"));
    one("[data-more]").open = true;
    title.closest("[data-row]").scrollIntoView({ block: "center" });
    one("[name$=-due_on]", title.closest("[data-row]")).focus({ preventScroll: true });
    showPromises();
    keepDraft();
  }

  /* When */
  function wallClock(time) { return draft.wallClock(time, form.dataset.zone); }
  function ago() { // milliseconds between the chosen wall clock time and now, both at the site
    return new Date(wallClock(Date.now()) + "Z") - new Date(valueOf("happened_at") + "Z");
  }
  function showWhen() {
    var chosen = valueOf("happened_at");
    var isLate = Boolean(chosen) && ago() > DAY;
    var text = chosen && !/[Z+]/.test(chosen) ? draft.inWords(chosen) : words.now;
    one("[data-when-value]").textContent = text;
    one("[data-late-field]").hidden = !isLate && !valueOf("late_reason");
    form.elements.happened_at.max = wallClock(Date.now());
  }

  /* Messages */
  function markField(name, text) {
    var field = name && form.elements[name];
    if (!field || !field.classList) { return; }
    var section = field.closest("details");
    if (section) { section.open = true; }
    field.classList.add("is-invalid");
    field.setAttribute("aria-invalid", "true");
    var note = document.createElement("p");
    note.className = "invalid-feedback d-block";
    note.dataset.fieldProblem = "";
    note.textContent = text;
    (field.dataset.enhanced ? field.nextElementSibling : field).after(note);
  }
  function clearProblems() {
    problems.replaceChildren();
    every("[data-field-problem]").forEach(function (note) { note.remove(); });
    every(".is-invalid").forEach(function (field) { field.classList.remove("is-invalid"); field.removeAttribute("aria-invalid"); });
  }
  function showProblems(errors) {
    clearProblems();
    var box = document.createElement("div");
    var title = document.createElement("h2");
    var list = document.createElement("ul");
    box.className = "error-summary";
    box.setAttribute("role", "alert");
    box.tabIndex = -1;
    title.className = "error-summary-title";
    title.textContent = words.problems;
    errors.forEach(function (error) {
      var line = document.createElement("li");
      var field = error.field && form.elements[error.field];
      var holder = line;
      if (field && field.id) {
        holder = document.createElement("a");
        holder.href = "#" + (field.dataset.enhanced ? field.id + "-search" : field.id);
        line.append(holder);
      }
      holder.textContent = window.qmsPanel.messageOf(error);
      list.append(line);
      markField(error.field, error.message);
    });
    box.append(title, list);
    problems.append(box);
    showWhen();
    box.focus();
    box.scrollIntoView({ block: "start" });
  }
  function ownProblems() {
    var found = [];
    if (!kind()) { found.push({ field: "", label: "", message: words.needKind }); }
    if (!valueOf("title") && !(hasStopWords())) {
      found.push({ field: isWalk() ? "stops-0-seen" : "title", label: "", message: words.needTitle });
    }
    if (valueOf("happened_at") && ago() < -5 * 60 * 1000) { found.push({ field: "happened_at", label: "", message: words.needPast }); }
    if (valueOf("happened_at") && ago() > DAY && !valueOf("late_reason")) {
      found.push({ field: "late_reason", label: "", message: words.needLate });
    }
    return found;
  }

  /* Draft */
  function keepDraft() {
    if (isSending) { return; }
    draft.saveSoon(form, photos.count, function (isKept) { saved.textContent = isKept ? words.draftSaved : ""; });
  }
  function refreshAll() {
    hideEmptyRows();
    showKind();
    showWhen();
    showPromises();
    window.qmsPeople.redraw(form);
    every("textarea[data-grow]").forEach(grow);
    return photos.show();
  }
  function openItem(item) {
    kept.hidden = true;
    form.hidden = false;
    draft.fill(form, item.entries, addRow);
    return refreshAll();
  }
  function mend(item) { // a refused entry goes back into the form, under its own uid
    item.state = "draft";
    return draft.settle().then(function () { return queue.put(item); }).then(function () {
      form.reset();
      return openItem(item);
    }).then(function () { showProblems(item.errors); });
  }
  function startAnew() {
    form.reset();
    form.elements.uid.value = queue.newUid();
    form.elements.occurrence.value = "";
    one("[data-planned]").hidden = true;
    every("[data-row] textarea, [data-row] input").forEach(function (field) { field.value = ""; });
    every("[name=activity_type]").forEach(function (radio) { radio.checked = false; });
    saved.textContent = "";
    clearProblems();
    kept.hidden = true;
    form.hidden = false;
    return refreshAll().then(function () {
      window.scrollTo(0, 0);
      one("[name=activity_type]").focus();
    });
  }
  function grow(field) {
    field.style.height = "auto";
    field.style.height = Math.max(field.scrollHeight + 2, 44) + "px";
  }

  /* Sending */
  function label(text) { one("[data-send-label]").textContent = text; }
  function setSending(state) {
    isSending = state;
    send.setAttribute("aria-disabled", String(state));
    label(state ? words.sending : words.logIt);
  }
  function showKept(item, outcome) {
    var text = { login: words.outcomeLogin, later: words.outcomeLater, other: words.outcomeOther }[outcome] || words.outcomeOffline;
    setSending(false);
    form.hidden = true;
    kept.hidden = false;
    one("[data-kept-words]", kept).textContent = text;
    one("[data-kept-entry]", kept).textContent = [item.kind, item.label].filter(Boolean).join(": ");
    one("[data-kept-login]", kept).hidden = outcome !== "login";
    kept.focus();
    window.scrollTo(0, 0);
    window.qmsOffline.askForSync();
  }
  function afterSending(uid, outcome) {
    return queue.get(uid).then(function (item) {
      if (!item) { return null; } // sent: the page is on its way to the confirmation
      if (item.state === "refused") {
        setSending(false);
        return mend(item);
      }
      if (item.is_sent) { window.location.assign(item.url); return null; } // its photos follow by themselves
      return showKept(item, outcome);
    });
  }
  function patience() { return new Promise(function (resolve) { setTimeout(resolve, PATIENCE, "later"); }); }
  function submit(event) {
    event.preventDefault();
    if (isSending) { return; }
    window.qmsPeople.commit(form);
    var found = ownProblems();
    if (found.length) { showProblems(found); return; }
    clearProblems();
    var now = Date.now();
    var item = draft.itemOf(form, "waiting");
    if (!valueOf("happened_at")) {
      item.entries = item.entries.filter(function (pair) { return pair[0] !== "happened_at"; });
      item.entries.push(["happened_at", new Date(now).toISOString()]);
    }
    item.offline_reason = words.offlineReason.replace("{when}", wallClock(now).replace("T", " "));
    setSending(true);
    draft.settle().then(function () { return queue.put(item); }).then(function () {
      return Promise.race([window.qmsOffline.flush(), patience()]);
    }).then(function (outcome) { return afterSending(item.uid, outcome); }).catch(function () {
      form.submit(); // this device keeps nothing (storage blocked): send it the ordinary way
    });
  }
  queue.listen(function (news) {
    var isShown = isSending || !kept.hidden; // this entry is being sent, or was kept a moment ago
    if (news.uid !== form.elements.uid.value || !isShown) { return; }
    if (news.what === "progress" && isSending) { label(words.sendingPhoto.replace("{n}", news.photo).replace("{of}", news.photos)); }
    if (news.what === "done") { window.location.assign(news.url); }
  });

  /* A code that was scanned sets the area, also when this page comes from the device itself */
  function areaFromCode() {
    var asked = new URLSearchParams(window.location.search).get("area");
    var field = form.elements.area;
    var isThere = asked && Array.from(field.options).some(function (option) { return option.value === asked; });
    if (!isThere) { return; }
    field.value = asked;
    one("[data-stops] select").value = asked;
    one("[data-from-code]").hidden = Boolean(form.elements.occurrence.value);
  }

  /* A planned time opens the page with its uid and kind in the address; the page the device keeps knows neither. */
  function plannedFromAddress() {
    var asked = new URLSearchParams(window.location.search);
    var uid = asked.get("occurrence") || "";
    if (!/^[0-9a-f-]{36}$/.test(uid)) { return; }
    var tile = every("[name=activity_type]").find(function (radio) { return radio.value === asked.get("kind"); });
    form.elements.occurrence.value = uid;
    if (tile) { tile.checked = true; }
    one("[data-planned]").hidden = false;
  }
  function isOfAnother(item) {
    var asked = new URLSearchParams(window.location.search).get("occurrence") || "";
    return Boolean(asked) && !item.entries.some(function (pair) { return pair[0] === "occurrence" && pair[1] === asked; });
  }

  function keepShell() {
    if (!navigator.serviceWorker) { return; }
    var urls = form.dataset.shell.split(" ").map(function (url) { return new URL(url, location).href; }); // of the page to thank
    document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]").forEach(function (element) {
      urls.push(element.href || element.src);
    });
    document.querySelectorAll("svg use").forEach(function (use) { urls.push(new URL(use.getAttribute("href"), location).href.split("#")[0]); });
    var unique = urls.filter(function (url, index) { return urls.indexOf(url) === index; });
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data.what === "shell-kept") { document.documentElement.dataset.shellKept = "1"; }
    });
    navigator.serviceWorker.ready.then(function (registration) {
      registration.active.postMessage({
        what: "shell", urls: unique, thanks: !!document.querySelector("a[href='/leadership/recognition/new/']"),
      });
    });
  }

  form.addEventListener("change", function (event) {
    if (event.target.name === "activity_type" && !isArrowing) { chooseKind(); }
    if (event.target.name === "happened_at") { showWhen(); }
    if (event.target.name === "area" && !hasStopWords()) { one("[data-stops] select").value = event.target.value; }
    if (event.target.name === "stops-0-area") { form.elements.area.value = event.target.value; }
    keepDraft();
  });
  form.addEventListener("input", function (event) {
    if (event.target.hasAttribute("data-grow")) { grow(event.target); }
    showPromises();
    keepDraft();
  });
  form.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) { return; }
    if (button.hasAttribute("data-change-kind")) { changeKind(); }
    if (button.hasAttribute("data-promise")) { followUp(button.closest("[data-row]")); }
    if (button.hasAttribute("data-row-remove")) { removeRow(button.closest("[data-row]")); }
    if (button.hasAttribute("data-row-add")) {
      if (button.closest("[data-stops]")) { nextStop(); } else { one("input", addRow("follow_ups")).focus(); }
    }
  });
  /* A tap chooses at once, also on the tile that is chosen already; arrow keys only walk, Enter or space chooses. */
  form.addEventListener("pointerdown", function () { isArrowing = false; });
  every("[name=activity_type]").forEach(function (radio) {
    radio.addEventListener("click", function () {
      if (!isArrowing && !form.classList.contains("is-chosen")) { chooseKind(); }
    });
    radio.addEventListener("keydown", function (event) {
      isArrowing = event.key.indexOf("Arrow") === 0;
      if (event.key !== "Enter" && event.key !== " ") { return; }
      event.preventDefault();
      radio.checked = true;
      chooseKind();
      keepDraft();
    });
  });
  form.addEventListener("submit", submit);
  one("[data-another]", kept).addEventListener("click", startAnew);
  window.addEventListener("pageshow", function (event) { if (event.persisted) { window.location.reload(); } });
  window.qmsLog = { problem: function (text) { showProblems([{ field: "", label: "", message: text }]); } };

  window.qmsPanel.whenMending(mend);
  photos.whenChanged(keepDraft);
  window.qmsPeople.enhance(form, form.dataset.peopleUrl);
  window.qmsPeople.load(form.dataset.peopleUrl);
  keepShell();
  var hadErrors = Boolean(one(".error-summary"));
  (hadErrors ? Promise.resolve(null) : draft.latest(form.dataset.user)).catch(function () { return null; }).then(function (item) {
    if (item && isOfAnother(item)) { item = null; } // another entry, begun before; it stays where it is
    if (item) {
      draft.fill(form, item.entries, addRow);
      saved.textContent = words.draftSaved;
    } else if (!hadErrors) {
      form.elements.uid.value = queue.newUid(); // a page the device kept comes with the same uid every time
    }
    if (!item) { plannedFromAddress(); }
    areaFromCode();
    return refreshAll();
  }).then(function () {
    window.qmsPanel.show();
    form.dataset.ready = "1";
  });
})();
