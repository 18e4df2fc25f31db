/* Fields for people (data-people="how many"): type a few letters, choose somebody or add the name as it is.
   The field itself stays the source: one line per person, "Name" or "Name [uid]". Without JavaScript it is just typed in.
   Names come from the list this device keeps (so it works offline) and from the server when there is a connection. */
(function () {
  "use strict";
  var MOST_SHOWN = 10;
  var CHOSEN = /^(.*?)\s*\[([0-9a-f-]{36})\]$/i;
  var known = [];
  var number = 0;

  function plain(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/\s+/g, " ").trim();
  }
  function make(tag, css, text) {
    var element = document.createElement(tag);
    if (css) { element.className = css; }
    if (text) { element.textContent = text; }
    return element;
  }
  function keep(people) {
    people.forEach(function (person) {
      if (!known.some(function (other) { return other.uid === person.uid; })) {
        known.push({ uid: person.uid, name: person.name, note: person.note, plain: plain(person.name) });
      }
    });
  }
  function find(words) {
    var parts = plain(words).split(" ").filter(Boolean);
    return known.filter(function (person) {
      return parts.every(function (part) { return person.plain.indexOf(part) >= 0; });
    }).sort(function (a, b) {
      var first = (a.plain.indexOf(parts[0]) === 0 ? 0 : 1) - (b.plain.indexOf(parts[0]) === 0 ? 0 : 1);
      return first || a.plain.localeCompare(b.plain);
    });
  }

  function load(url) {
    return fetch(url, { headers: { Accept: "application/json" } }).then(function (response) { return response.json(); })
      .then(function (data) { keep(data.people); }).catch(function () { return null; });
  }

  function enhance(field, url) {
    if (field.dataset.enhanced) { return; }
    field.dataset.enhanced = "1";
    number += 1;
    var most = Number(field.dataset.people);
    var words = document.getElementById("people-words").dataset;
    var listId = "people-" + number;
    var box = make("div", "picker");
    var chips = make("ul", "picker-chips");
    var input = make("input", "form-control");
    var list = make("ul", "picker-list");
    var shown = [];
    var active = -1;
    var asked = 0;
    input.type = "text";
    input.id = field.id + "-search";
    input.autocomplete = "off";
    input.setAttribute("autocapitalize", "words");
    input.placeholder = field.hasAttribute("data-me") ? words.me : words.typeName;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", listId);
    input.setAttribute("aria-autocomplete", "list");
    list.id = listId;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    var label = document.querySelector("label[for='" + field.id + "']");
    if (label) {
      label.htmlFor = input.id;
      label.id = label.id || field.id + "-label";
      list.setAttribute("aria-labelledby", label.id);
    }
    box.append(chips, input, list);
    field.hidden = true;
    field.after(box);
    var help = document.getElementById(field.id + "_helptext");
    if (help) { help.hidden = true; } // it is about lines, which are not seen here

    function lines() { return field.value.split("\n").map(function (line) { return line.trim(); }).filter(Boolean); }
    function write(rows) {
      field.value = rows.join("\n");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      draw();
    }
    function draw() {
      var rows = lines();
      chips.replaceChildren.apply(chips, rows.map(function (line, index) {
        var match = CHOSEN.exec(line);
        var name = match ? match[1] : line;
        var chip = make("li", "picker-chip" + (match ? "" : " picker-free"), name);
        var button = make("button", "picker-remove", "×");
        button.type = "button";
        button.setAttribute("aria-label", words.remove.replace("{what}", name));
        button.addEventListener("click", function () {
          write(lines().filter(function (_line, other) { return other !== index; }));
          input.hidden = false;
          input.focus();
        });
        chip.append(button);
        return chip;
      }));
      chips.hidden = !rows.length;
      input.hidden = rows.length >= most;
    }
    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function add(line) {
      var rows = lines();
      if (line && rows.indexOf(line) < 0) { rows.push(line); }
      input.value = "";
      close();
      write(rows);
      if (!input.hidden) { input.focus(); }
    }
    function option(person, index) {
      var row = make("li", "picker-option");
      row.id = listId + "-" + index;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      row.append(make("span", "", person.label || person.name));
      if (person.note) { row.append(make("span", "picker-note", person.note)); }
      row.addEventListener("pointerdown", function (event) { event.preventDefault(); }); // keep the focus
      row.addEventListener("click", function () { add(person.line); });
      return row;
    }
    function show() {
      var typed = input.value.trim();
      if (!typed) { close(); return; }
      var taken = lines();
      shown = find(typed).map(function (person) {
        return { name: person.name, note: person.note, line: person.name + " [" + person.uid + "]" };
      }).filter(function (person) { return taken.indexOf(person.line) < 0; }).slice(0, MOST_SHOWN);
      if (!field.hasAttribute("data-people-only")) {
        shown.push({ name: typed, label: words.addFree.replace("{name}", typed), line: typed });
      }
      list.replaceChildren.apply(list, shown.map(option));
      list.hidden = !shown.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      active = -1;
    }
    function ask() {
      var typed = input.value.trim();
      if (typed.length < 2 || find(typed).length >= MOST_SHOWN || navigator.onLine === false) { return; }
      var turn = (asked += 1);
      setTimeout(function () {
        if (turn !== asked) { return; }
        load(url + "?q=" + encodeURIComponent(typed)).then(function () {
          if (turn === asked && document.activeElement === input) { show(); }
        });
      }, 200);
    }
    function move(step) {
      if (list.hidden) { show(); }
      if (!shown.length) { return; }
      active = (active + step + shown.length) % shown.length;
      Array.from(list.children).forEach(function (row, index) { row.setAttribute("aria-selected", String(index === active)); });
      input.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
    input.addEventListener("input", function (event) {
      event.stopPropagation();
      show();
      ask();
    });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown") { event.preventDefault(); move(1); }
      if (event.key === "ArrowUp") { event.preventDefault(); move(-1); }
      if (event.key === "Escape") { close(); }
      if ((event.key === "Enter" || event.key === ",") && input.value.trim()) {
        event.preventDefault();
        add(active >= 0 ? shown[active].line : input.value.trim());
      } else if (event.key === "Enter") { event.preventDefault(); }
      if (event.key === "Backspace" && !input.value && lines().length) { write(lines().slice(0, -1)); }
    });
    /* What was typed is not lost; a moment later, so that nothing moves away under the finger that left the field. */
    function commit() {
      if (input.value.trim()) {
        var rows = lines().concat([input.value.trim()]);
        input.value = "";
        write(rows);
      }
      close();
    }
    input.addEventListener("blur", function () {
      setTimeout(function () { if (document.activeElement !== input) { commit(); } }, 300);
    });
    field.addEventListener("people:commit", commit);
    field.addEventListener("people:filled", draw);
    draw();
  }

  window.qmsPeople = {
    load: load,
    enhance: function (root, url) {
      root.querySelectorAll("[data-people]").forEach(function (field) {
        if (!field.closest("template")) { enhance(field, url); }
      });
    },
    commit: function (root) {
      root.querySelectorAll("[data-people]").forEach(function (field) { field.dispatchEvent(new Event("people:commit")); });
    },
    redraw: function (root) {
      root.querySelectorAll("[data-people]").forEach(function (field) { field.dispatchEvent(new Event("people:filled")); });
    },
  };

  /* An ordinary form (data-people-form); the Log page does this itself, once its draft is in. */
  document.querySelectorAll("form[data-people-form]").forEach(function (form) {
    window.qmsPeople.enhance(form, form.dataset.peopleForm);
    load(form.dataset.peopleForm);
    form.addEventListener("submit", function () { window.qmsPeople.commit(form); }, true);
  });
})();
