/* The entry being written, kept on this device as a draft of its user while it is typed, and put back after a reload.
   A draft is an item of the queue (queue.js) in the state "draft"; sending it only changes its state. */
(function () {
  "use strict";
  var queue = window.qmsQueue;
  var PAUSE = 350;
  var LAST_WORDS = "qms-last-words-";
  var NOT_KEPT = ["csrfmiddlewaretoken", "photos"];
  var timer = null;
  var changes = 0; // the number of the last change, and of the last one that is in the database
  var kept = 0;
  var written = null;
  var saving = Promise.resolve();

  /* The date and time on the wall of the site, as an <input type=datetime-local> has it. */
  function wallClock(time, zone) {
    try {
      return new Date(time).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T").slice(0, 16);
    } catch (error) { // a zone this browser does not know
      return new Date(time).toLocaleString("sv-SE").replace(" ", "T").slice(0, 16);
    }
  }

  /* "22 Nov 2026, 14:05" */
  function inWords(time) {
    var language = document.documentElement.lang;
    return new Date(time).toLocaleString(language === "en" ? "en-GB" : language, {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    });
  }

  function entriesOf(form) {
    return Array.from(new FormData(form).entries()).filter(function (pair) {
      return typeof pair[1] === "string" && NOT_KEPT.indexOf(pair[0]) < 0;
    });
  }

  /* Whether anybody wrote anything: fields that come filled in do not count. */
  function isWorthKeeping(form, photoCount) {
    var filled = Array.from(form.elements).some(function (field) {
      if (!field.name || field.type === "hidden" || field.type === "file" || /(^|-)(area|site)$/.test(field.name)) { return false; }
      if (field.type === "radio" || field.type === "checkbox") { return field.checked; }
      return field.tagName !== "BUTTON" && field.value.trim() !== "";
    });
    return filled || photoCount > 0;
  }

  function labelOf(form) {
    var words = Array.from(form.querySelectorAll("[name=title], [name$=-seen], [name$=-heard], [name$=-promised]"))
      .map(function (field) { return field.value.trim(); }).filter(Boolean);
    return (words[0] || "").slice(0, 120);
  }

  function itemOf(form, state) {
    var kind = form.querySelector("[name=activity_type]:checked");
    return {
      uid: form.elements.uid.value, user: form.dataset.user, state: state, entries: entriesOf(form), label: labelOf(form),
      kind: kind ? kind.dataset.label : "", logged_at: Date.now(), errors: [],
    };
  }

  function save(form, photoCount) {
    clearTimeout(timer);
    var item = itemOf(form, "draft");
    var number = changes;
    saving = saving.then(function () {
      return isWorthKeeping(form, photoCount) ? queue.put(item).then(function () { return true; }) : false;
    }).then(function (isKept) {
      kept = Math.max(kept, number);
      return isKept;
    }).catch(function () { return false; });
    return saving;
  }

  /* Save after a pause in typing; data-draft on the form says whether what is kept is what is written. */
  function saveSoon(form, countPhotos, then) {
    clearTimeout(timer);
    changes += 1;
    form.dataset.draft = "pending";
    written = { form: form, isWorthKeeping: function () { return isWorthKeeping(form, countPhotos()); } };
    timer = setTimeout(function () {
      save(form, countPhotos()).then(function (isKept) {
        if (kept === changes) { form.dataset.draft = isKept ? "kept" : "none"; }
        then(isKept);
      });
    }, PAUSE);
  }

  /* The page is put away, perhaps for good: what was typed last does not wait for the pause. A database would not get
     it before the page is gone; this store writes at once, and the next page with the form moves it over. */
  function saveAtOnce() {
    if (kept === changes || !written.isWorthKeeping()) { return; }
    var item = itemOf(written.form, "draft");
    try { localStorage.setItem(LAST_WORDS + item.user, JSON.stringify(item)); } catch (error) { /* storage blocked */ }
  }
  window.addEventListener("pagehide", saveAtOnce);

  function recover(user) {
    var item = null;
    try { item = JSON.parse(localStorage.getItem(LAST_WORDS + user)); } catch (error) { item = null; }
    if (!item) { return Promise.resolve(); }
    return queue.get(item.uid).then(function (row) {
      if (row && (row.state !== "draft" || row.logged_at > item.logged_at)) { return null; } // sent, or written on elsewhere
      return queue.put(item);
    }).then(function () { localStorage.removeItem(LAST_WORDS + user); });
  }

  /* Wait for writes that are under way, and allow no late one: the entry is about to be sent. */
  function settle() {
    clearTimeout(timer);
    kept = changes;
    return saving;
  }

  function latest(user) {
    return recover(user).then(queue.all).then(function (rows) {
      return rows.filter(function (row) { return row.state === "draft" && row.user === user; }).pop();
    });
  }

  /* Put kept values back; addRow(prefix) makes one more row of a set. */
  function fill(form, entries, addRow) {
    entries.forEach(function (pair) {
      var total = /^(.+)-TOTAL_FORMS$/.exec(pair[0]);
      if (!total) { return; }
      while (Number(form.elements[pair[0]].value) < Number(pair[1])) { addRow(total[1]); }
    });
    form.querySelectorAll("input[type=checkbox]").forEach(function (box) { box.checked = false; });
    entries.forEach(function (pair) {
      if (/-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$/.test(pair[0]) || pair[0] === "logged_by") { return; }
      var field = form.elements[pair[0]];
      if (!field) { return; }
      if (field.type === "checkbox") { field.checked = true; return; }
      if (field.tagName === "SELECT" && !Array.from(field.options).some(function (option) { return option.value === pair[1]; })) {
        return; // it can no longer be chosen
      }
      field.value = pair[0] === "happened_at" && pair[1].endsWith("Z") ? wallClock(pair[1], form.dataset.zone) : pair[1];
    });
  }

  window.qmsDraft = { save: save, saveSoon: saveSoon, settle: settle, latest: latest, fill: fill, itemOf: itemOf, wallClock: wallClock, inWords: inWords };
})();
