/* Fields in which a person is typed: suggestions come from data-options-url into the page's #person-options.
   Without JavaScript a name or e-mail typed in full works as well. */
(function () {
  "use strict";
  var list = document.getElementById("person-options");
  document.querySelectorAll("[data-person-field]").forEach(function (field) {
    if (!list) { return; }
    field.setAttribute("list", "person-options");
    var waiting;
    field.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(function () {
        var address = new URL(field.dataset.optionsUrl, window.location.href);
        address.searchParams.set("q", field.value);
        if (field.value.trim().length < 2) { return; }
        fetch(address, { credentials: "same-origin", headers: { "HX-Request": "true" } })
          .then(function (answer) { return answer.ok ? answer.text() : ""; })
          .then(function (options) { list.innerHTML = options; })
          .catch(function () { list.replaceChildren(); });
      }, 180);
    });
  });

  /* Import: tick or untick all rows of a group */
  document.querySelectorAll("[data-pick-all]").forEach(function (box) {
    box.addEventListener("change", function () {
      document.querySelectorAll("[data-pick='" + box.dataset.pickAll + "']").forEach(function (row) { row.checked = box.checked; });
    });
  });
})();
